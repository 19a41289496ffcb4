"""The faults that the product survives: which tests cover each, and which piece of the product withstands it.

    from_providers.py  rows 1–14      from_users.py  rows 15–23      from_below.py  rows 24–37

`python -m tests.faults [ROW …]` takes each defence out of a copy of the project, one at a time, and tells which of the
row's tests fails then. A defence that no test misses is told, and the command fails.
"""
