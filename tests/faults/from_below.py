"""Faults from below, rows 24–37."""

from tests.faults.rows import Row

ROWS: tuple[Row, ...] = ()
