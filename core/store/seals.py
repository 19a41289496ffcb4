"""All that is kept sealed, in whichever table, row by row: for what renews the seals and proves that none is old.

Every piece is a transaction of its own, so it may be stopped after any of them, and nobody waits for the whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, func, literal, select, text, tuple_, update

from core.store.database import Database
from core.store.tables import provider_keys, sealed_secrets

ROWS_A_PIECE = 500
LIMIT_S = 60.0

Renew = Callable[[str], str | None]
"""Returns a sealed text as it is if the newest key sealed it, else sealed anew, or None if no key opens it."""

Place = tuple[str, str]
"""Whose row, and which of them."""


@dataclass(frozen=True, slots=True)
class Account:
    """How many rows were looked at, how many of them were `old`, and how many are `lost`: no key opens them."""

    rows: int
    old: int
    lost: int


class Seals:
    """The sealed rows in the database. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Return how many rows there are."""
        counts = [select(func.count()).select_from(table) for table in _SECOND]
        return self._database.call(lambda connection: sum(connection.scalar(count) or 0 for count in counts))

    def renew(self, renew: Renew, *, but: Place) -> Iterator[Account]:
        """Renew what is old, piece by piece, and give an account of each. The secret `but` is left for `finish`."""
        for table in _SECOND:
            after: Place | None = ("", "")
            while after is not None:
                account, after = self._database.call(_piece(table, renew, after, but), limit_s=LIMIT_S)
                yield account

    def finish(self, renew: Renew, *, last: Place) -> Account:
        """Renew the secret `last` if nothing else is old, and return what else is. Nobody saves anything meanwhile."""

        def work(connection: Connection) -> Account:
            connection.execute(text(f"LOCK TABLE {', '.join(map(str, _SECOND))} IN SHARE ROW EXCLUSIVE MODE"))
            others = [row for table in _SECOND for row in connection.execute(_rows(table, ("", ""), last))]
            account, _ = _judged(others, renew)
            if not (account.old or account.lost):
                _put(connection, sealed_secrets, _judged(connection.execute(_row(last)).all(), renew)[1])
            return account

        return self._database.call(work, limit_s=LIMIT_S)


_SECOND = {sealed_secrets: "purpose", provider_keys: "provider"}
"""The tables, and what tells the rows of one owner apart."""


def _piece(
    table: Table, renew: Renew, after: Place, but: Place
) -> Callable[[Connection], tuple[Account, Place | None]]:
    def work(connection: Connection) -> tuple[Account, Place | None]:
        rows = connection.execute(_rows(table, after, but).limit(ROWS_A_PIECE).with_for_update()).all()
        account, fresh = _judged(rows, renew)
        _put(connection, table, fresh)
        return account, (rows[-1].owner, rows[-1].second) if len(rows) == ROWS_A_PIECE else None

    return work


def _rows(table: Table, after: Place, but: Place) -> Select[Any]:
    """The rows after a place, in their order, which is also that in which others lock them."""
    second = table.c[_SECOND[table]]
    place = tuple_(table.c.owner, second)
    found = select(table.c.owner, second.label("second"), table.c.sealed).order_by(table.c.owner, second)
    return found.where(place > tuple_(*map(literal, after)), place != tuple_(*map(literal, but)))


def _row(place: Place) -> Select[Any]:
    columns = (sealed_secrets.c.owner, sealed_secrets.c.purpose.label("second"), sealed_secrets.c.sealed)
    return select(*columns).where(sealed_secrets.c.owner == place[0], sealed_secrets.c.purpose == place[1])


def _judged(rows: Sequence[Row[Any]], renew: Renew) -> tuple[Account, list[dict[str, str]]]:
    """Return an account of `rows`, and those that are old with their new seals."""
    seals = [(row, renew(row.sealed)) for row in rows]
    fresh = [
        {"the_owner": row.owner, "the_second": row.second, "new": seal}
        for row, seal in seals
        if seal is not None and seal != row.sealed
    ]
    return Account(len(rows), len(fresh), sum(seal is None for _, seal in seals)), fresh


def _put(connection: Connection, table: Table, fresh: list[dict[str, str]]) -> None:
    if fresh:
        second = table.c[_SECOND[table]]
        of = (table.c.owner == bindparam("the_owner"), second == bindparam("the_second"))
        connection.execute(update(table).where(*of).values(sealed=bindparam("new")), fresh)
