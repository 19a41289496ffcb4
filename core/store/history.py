"""The recorded runs, newest first: by page, by id, or all that a filter lets through."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal, or_, select, tuple_

from core.domain.chat import clean
from core.domain.queries import HistoryFilter, HistoryList, HistoryPage, Position
from core.domain.runs import RunRecord, RunRow, RunStatus
from core.store.database import Database
from core.store.rows import LAST_QUESTION, STATUS, run_entry, run_record, run_row, scanned, told, whole
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

EXPORTED_AT_ONCE = 1000

_UNDER_WAY = logs.c.status == RunStatus.STARTED
_PLACE = tuple_(logs.c.created_at, logs.c.id)
_NEWEST_FIRST = (logs.c.created_at.desc(), logs.c.id.desc())
_OLDEST_FIRST = (logs.c.created_at.asc(), logs.c.id.asc())


class HistoryStore:
    """Reads recorded runs, those under way included. Whose runs may be read is not decided here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        filter: HistoryFilter,
        *,
        size: int,
        older_than: Position | None = None,
        newer_than: Position | None = None,
    ) -> HistoryPage:
        """Return up to `size` runs: the newest, or those next to the given position, on the side that it names."""

        def work(connection: Connection) -> HistoryPage:
            if newer_than is not None:
                return _page_upwards(connection, filter, size, newer_than)
            return _page_downwards(connection, filter, size, older_than)

        return self._database.call(work)

    def entries(
        self, filter: HistoryFilter, *, size: int, skip: int = 0, older_than: Position | None = None
    ) -> HistoryList:
        """Return up to `size` runs with their texts, the newest or those older than a position, `skip` left out.

        What is skipped is read all the same, so far into a history a position is much cheaper.
        """
        beyond = [] if older_than is None else [_place(older_than) > _PLACE]
        chosen = select(logs.c.id).where(*conditions(filter), *beyond).order_by(*_NEWEST_FIRST)
        wanted = told().where(logs.c.id.in_(chosen.offset(skip).limit(size + 1))).order_by(*_NEWEST_FIRST)

        def work(connection: Connection) -> HistoryList:
            total = connection.scalar(_counted(filter)) or 0
            found = [run_entry(row) for row in connection.execute(wanted)]
            return HistoryList(total, found[:size], _position(found[size - 1]) if len(found) > size else None)

        return self._database.call(work)

    def find(self, run_id: UUID) -> RunRecord | None:
        """Return the run of that id, whole, or None."""
        found = whole().where(logs.c.id == run_id)
        row = self._database.call(lambda connection: connection.execute(found).one_or_none())
        return None if row is None else run_record(row)

    def rows(self, filter: HistoryFilter) -> Iterator[RunRow]:
        """Yield every run that `filter` lets through, newest first.

        Read page by page, so that a slow reader holds neither a connection nor a transaction.
        """
        position: Position | None = None
        while True:
            page = self.page(filter, size=EXPORTED_AT_ONCE, older_than=position)
            yield from page.rows
            if page.older is None:
                return
            position = page.older

    def count(self, filter: HistoryFilter) -> int:
        """Return how many runs `filter` lets through."""
        return self._database.call(lambda connection: connection.scalar(_counted(filter)) or 0)


def _page_downwards(connection: Connection, filter: HistoryFilter, size: int, start: Position | None) -> HistoryPage:
    beyond = [] if start is None else [_place(start) > _PLACE]
    found = _rows(connection, _matching(filter).where(*beyond).order_by(*_NEWEST_FIRST).limit(size + 1))
    rows = found[:size]
    top = _position(rows[0]) if rows else start
    newer = top if start and top and _any(connection, filter, _place(top) < _PLACE) else None
    return HistoryPage(rows, newer=newer, older=_position(rows[-1]) if len(found) > size else None)


def _page_upwards(connection: Connection, filter: HistoryFilter, size: int, start: Position) -> HistoryPage:
    found = _rows(connection, _matching(filter).where(_place(start) < _PLACE).order_by(*_OLDEST_FIRST).limit(size + 1))
    rows = found[:size][::-1]
    bottom = _position(rows[-1]) if rows else start
    older = bottom if _any(connection, filter, _place(bottom) > _PLACE) else None
    return HistoryPage(rows, newer=_position(rows[0]) if len(found) > size else None, older=older)


def _rows(connection: Connection, query: Select[Any]) -> list[RunRow]:
    return [run_row(row) for row in connection.execute(query)]


def _any(connection: Connection, filter: HistoryFilter, condition: ColumnElement[bool]) -> bool:
    return bool(connection.scalar(select(exists().where(*conditions(filter), condition))))


def _counted(filter: HistoryFilter) -> Select[Any]:
    """Count the runs that `filter` lets through. Those under way are few and have an index of their own: to take them
    from all leaves the count to the user's index, which does not know how a run stands."""
    everything = select(func.count()).select_from(logs).where(*conditions(replace(filter, ended=False)))
    if not filter.ended:
        return everything
    under_way = everything.where(_UNDER_WAY)
    return select(everything.scalar_subquery() - under_way.scalar_subquery())


def _matching(filter: HistoryFilter) -> Select[Any]:
    return scanned().where(*conditions(filter))


def conditions(filter: HistoryFilter) -> list[ColumnElement[bool]]:
    """Return what must hold of a row of the ledger that `filter` lets through."""
    conditions: list[ColumnElement[bool]] = []
    if filter.user_id is not None:
        conditions.append(logs.c.user_id == filter.user_id)
    if filter.model_id is not None:
        conditions.append(logs.c.model_name == filter.model_id)
    if filter.provider is not None:
        conditions.append(logs.c.provider == filter.provider)
    if filter.status is not None:
        conditions.append(STATUS.element == filter.status)
    if filter.period is not None:
        conditions += [logs.c.created_at >= filter.period.start, logs.c.created_at < filter.period.end]
    if filter.ended:
        conditions.append(~_UNDER_WAY)
    if filter.text:
        conditions.append(_mentions(clean(filter.text)))
    return conditions


def _mentions(text: str) -> ColumnElement[bool]:
    """Whether the prompt holds `text`, in any case: its excerpt, or the whole of it where it is kept."""
    whole_prompt = LAST_QUESTION.icontains(text, autoescape=True)
    kept = exists().where(run_texts.c.run_id == logs.c.id, whole_prompt)
    return or_(logs.c.metadata["prompt"].astext.icontains(text, autoescape=True), kept)


def _position(row: RunRow) -> Position:
    return Position(row.created_at, row.id)


def _place(position: Position) -> ColumnElement[Any]:
    return tuple_(literal(position.created_at), literal(position.id))
