"""Faults from the user's side, rows 15–23."""

from tests.faults.rows import Row

ROWS: tuple[Row, ...] = ()
