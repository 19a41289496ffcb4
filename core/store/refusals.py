"""Runs that were refused, and why: so that whoever is asked can tell. No text of a run is among it.

What is refused over and over is one row a minute, with how often it was.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from core.domain.periods import Period
from core.domain.refusals import Refusal, RefusalPage
from core.store.database import Database
from core.store.group import Group
from core.store.notes import distinct, names
from core.store.plain import fitting
from core.store.tables import refusals

_KEYS = ["user_id", "model_name", "code", "minute"]
_PLACE = (refusals.c.minute, refusals.c.user_id, refusals.c.model_name, refusals.c.code)


class RefusalStore:
    """The refusals in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: Group[Refusal, None] = Group(database, _note)

    def note(self, refusal: Refusal) -> Future[None]:
        """Keep a refusal. It does not block; the answer may be `StoreUnavailable`."""
        return self._notes.submit(refusal)

    def page(
        self,
        *,
        size: int,
        user_id: str | None = None,
        code: str | None = None,
        period: Period | None = None,
        older_than: Refusal | None = None,
    ) -> RefusalPage:
        """Return up to `size` refusals, the latest first: of one user, for one reason, of a period, after another one
        of the list."""
        equal = ((refusals.c.user_id, user_id), (refusals.c.code, code))
        wanted = [column == value for column, value in equal if value is not None]
        wanted += [] if period is None else [refusals.c.minute >= period.start, refusals.c.minute < period.end]
        wanted += [] if older_than is None else [refusals.c.minute <= older_than.minute, _after(older_than)]
        query = select(refusals).where(*wanted).order_by(*(column.desc() for column in _PLACE)).limit(size + 1)

        def work(connection: Connection) -> RefusalPage:
            found = [_refusal(row) for row in connection.execute(query)]
            kept = found[:size]
            known = names(connection, {one.user_id for one in kept})
            return RefusalPage(kept, known, kept[-1] if len(found) > size else None)

        return self._database.call(work)

    def codes(self) -> list[str]:
        """Return every reason for which somebody was refused, in order."""
        return self._database.call(lambda connection: distinct(connection, refusals.c.code))

    def forget(self, before: datetime) -> int:
        """Forget what was refused before `before`, and return how many rows that was."""
        gone = delete(refusals).where(refusals.c.minute < before)
        return self._database.call(lambda connection: connection.execute(gone).rowcount)


def _note(connection: Connection, noted: Sequence[Refusal]) -> list[None]:
    counted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for refusal in noted:
        row = counted.setdefault(tuple(_columns(refusal)[key] for key in _KEYS), {**_columns(refusal), "times": 0})
        row["times"] += refusal.times
    rows = insert(refusals).values([counted[key] for key in sorted(counted)])
    more = {"times": refusals.c.times + rows.excluded.times, "message": rows.excluded.message}
    connection.execute(rows.on_conflict_do_update(index_elements=_KEYS, set_=more))
    return [None] * len(noted)


def _columns(refusal: Refusal) -> dict[str, Any]:
    return {
        "user_id": refusal.user_id,
        "model_name": fitting(refusal.model_id, refusals.c.model_name),
        "code": refusal.code,
        "minute": minute_of(refusal.minute),
        "message": fitting(refusal.message, refusals.c.message),
        "times": refusal.times,
    }


def minute_of(instant: datetime) -> datetime:
    """Return the minute in which an instant is."""
    return instant - timedelta(seconds=instant.second, microseconds=instant.microsecond)


def _after(refusal: Refusal) -> ColumnElement[bool]:
    """Whether a refusal comes after another one in the list."""
    place = (refusal.minute, refusal.user_id, refusal.model_id, refusal.code)
    return tuple_(*map(literal, place)) > tuple_(*_PLACE)


def _refusal(row: Row[Any]) -> Refusal:
    return Refusal(row.user_id, row.model_name, row.code, row.message, row.minute, row.times)
