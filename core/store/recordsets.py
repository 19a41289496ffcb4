"""Many rows as one parameter of one statement: sent as JSON, read back as rows with the columns' own types.

However many the rows are, the statement stays the same, so it is compiled and planned once.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Table, TableValuedAlias, Text, bindparam, cast, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.sql.dml import Insert

_ROWS = "rows"


def recordset(table: Table, names: Iterable[str]) -> TableValuedAlias:
    """Return what a statement reads in place of `table`: the rows it is given (see `given`), with these columns."""
    typed = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    return rows.table_valued(*typed).render_derived(with_types=True)


def given(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return `rows` as the parameters of a statement that reads a `recordset`."""
    return {_ROWS: to_json(rows).decode()}


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all have the same columns."""
    if rows:
        connection.execute(_insertion(table, tuple(rows[0])), given(rows))


@cache
def _insertion(table: Table, names: tuple[str, ...]) -> Insert:
    return insert(table).from_select(names, select(recordset(table, names)))
