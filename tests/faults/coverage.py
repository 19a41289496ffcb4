"""The one list of all rows."""

from tests.faults import from_below, from_providers, from_users
from tests.faults.rows import Row

ROWS: tuple[Row, ...] = (*from_providers.ROWS, *from_users.ROWS, *from_below.ROWS)
