"""Tests that drive the running product through a real browser."""
