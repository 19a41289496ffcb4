"""The recorded runs, newest first: by page, or by id."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, select, text, tuple_

from core.domain.queries import HistoryFilter, HistoryList, HistoryPage, Position
from core.domain.runs import RunRecord, RunRow, RunStatus
from core.store.corrections import changes_of, lookup_of
from core.store.database import Database
from core.store.rows import STATUS, run_entry, run_record, run_row, scanned, told, whole
from core.store.tables import ODD
from core.store.tables import llm_usage_logs as logs
from core.store.words import mentions, texts_since, worded

Conditions = list[ColumnElement[bool]]
Order = tuple[ColumnElement[Any], ColumnElement[Any]]

LOOKED_FOR = 50

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
            _hold_plans(connection)
            if newer_than is not None:
                page = _page_upwards(connection, filter, size, newer_than)
            else:
                page = _page_downwards(connection, filter, size, older_than)
            return replace(page, texts_since=texts_since(connection) if filter.text is not None else None)

        return self._database.call(work)

    def entries(
        self, filter: HistoryFilter, *, size: int, skip: int = 0, older_than: Position | None = None
    ) -> HistoryList:
        """Return up to `size` runs with their texts, the newest or those older than a position, `skip` left out.

        What is skipped is read all the same, so far into a history a position is much cheaper.
        """
        beyond = [] if older_than is None else _older(older_than)

        def work(connection: Connection) -> HistoryList:
            _hold_plans(connection)
            total = connection.scalar(_counted(filter)) or 0
            wanted = _found(connection, filter, beyond, _NEWEST_FIRST)
            chosen = select(logs.c.id).where(*wanted).order_by(*_NEWEST_FIRST).offset(skip).limit(size + 1)
            ordered = told().where(logs.c.id.in_(chosen)).order_by(*_NEWEST_FIRST)
            found = [run_entry(row) for row in connection.execute(ordered)]
            return HistoryList(total, found[:size], _position(found[size - 1]) if len(found) > size else None)

        return self._database.call(work)

    def find(self, run_id: UUID) -> RunRecord | None:
        """Return the run of that id, whole, or None."""

        def work(connection: Connection) -> RunRecord | None:
            row = connection.execute(whole().where(logs.c.id == run_id)).one_or_none()
            if row is None:
                return None
            story = {"corrections": changes_of(connection, run_id), "lookup": lookup_of(connection, run_id)}
            return run_record(row).model_copy(update=story)

        return self._database.call(work)

    def count(self, filter: HistoryFilter) -> int:
        """Return how many runs `filter` lets through."""
        return self._database.call(lambda connection: connection.scalar(_counted(filter)) or 0)


def _page_downwards(connection: Connection, filter: HistoryFilter, size: int, start: Position | None) -> HistoryPage:
    wanted = _found(connection, filter, [] if start is None else _older(start), _NEWEST_FIRST)
    found = _rows(connection, wanted, _NEWEST_FIRST, size + 1)
    rows = found[:size]
    top = _position(rows[0]) if rows else start
    newer = (
        top if start and top and (_is_found(connection, filter, start) or _any_newer(connection, filter, top)) else None
    )
    return HistoryPage(rows, newer=newer, older=_position(rows[-1]) if len(found) > size else None)


def _page_upwards(connection: Connection, filter: HistoryFilter, size: int, start: Position) -> HistoryPage:
    wanted = _found(connection, filter, _newer(start), _OLDEST_FIRST)
    found = _rows(connection, wanted, _OLDEST_FIRST, size + 1)
    rows = found[:size][::-1]
    bottom = _position(rows[-1]) if rows else start
    older = bottom if _is_found(connection, filter, start) or _any_older(connection, filter, bottom) else None
    return HistoryPage(rows, newer=_position(rows[0]) if len(found) > size else None, older=older)


def _found(connection: Connection, filter: HistoryFilter, beyond: Conditions, order: Order) -> Conditions:
    """What holds of the runs beyond a position, put so that the first of them are found soon."""
    others = [*conditions(replace(filter, text=None, provider=None)), *beyond]
    if filter.provider is not None:
        others.append(logs.c.model_name.in_(_models(connection, filter.provider)))
    if filter.text is None:
        return others
    return [*others, *worded(connection, filter.text, select(logs.c.id).where(*others).order_by(*order))]


def _models(connection: Connection, provider: str) -> list[str]:
    """The models of a provider, which has no index, by leaps through theirs."""
    following = select(func.min(logs.c.model_name))
    leaps = select(following.scalar_subquery().label("name")).cte(recursive=True)
    leap = following.where(logs.c.model_name > leaps.c.name).scalar_subquery()
    names = leaps.union_all(select(leap).where(leaps.c.name.is_not(None)))
    found = select(names.c.name).where(func.left(func.split_part(names.c.name, "/", 1), 50) == provider)
    return list(connection.scalars(found))


def _rows(connection: Connection, wanted: Conditions, order: Order, most: int) -> list[RunRow]:
    found = scanned().where(*wanted).order_by(*order).limit(most)
    return [run_row(row) for row in connection.execute(found)]


def _is_found(connection: Connection, filter: HistoryFilter, position: Position) -> bool:
    """Whether the run at a position, which is on the page before, is let through: then there is no need to look for
    others on its side."""
    here = [logs.c.id == position.id, logs.c.created_at == position.created_at]
    return connection.scalar(select(logs.c.id).where(*here, *conditions(filter))) is not None


def _any_newer(connection: Connection, filter: HistoryFilter, position: Position) -> bool:
    return _any(connection, filter, _newer(position), _OLDEST_FIRST)


def _any_older(connection: Connection, filter: HistoryFilter, position: Position) -> bool:
    return _any(connection, filter, _older(position), _NEWEST_FIRST)


def _any(connection: Connection, filter: HistoryFilter, beyond: Conditions, order: Order) -> bool:
    """Whether a run is beyond a position. Asked for in order, and more than one, as a page is: a single one would be
    looked for on a walk, which is long where there is none."""
    wanted = _found(connection, filter, beyond, order)
    return bool(connection.scalars(select(logs.c.id).where(*wanted).order_by(*order).limit(LOOKED_FOR)).all())


def _hold_plans(connection: Connection) -> None:
    """Have each query planned for its own values, with room to keep the places that an index tells."""
    connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    connection.execute(text("SET LOCAL work_mem = '64MB'"))


def _counted(filter: HistoryFilter) -> Select[Any]:
    """Count the runs that `filter` lets through. Those under way are few and have an index of their own: to take them
    from all leaves the count to the user's index, which does not know how a run stands."""
    everything = select(func.count()).select_from(logs).where(*conditions(replace(filter, ended=False)))
    if not filter.ended:
        return everything
    under_way = everything.where(_UNDER_WAY)
    return select(everything.scalar_subquery() - under_way.scalar_subquery())


def conditions(filter: HistoryFilter) -> Conditions:
    """Return what must hold of a row of the ledger that `filter` lets through."""
    conditions: Conditions = []
    if filter.user_id is not None:
        conditions.append(logs.c.user_id == filter.user_id)
    if filter.model_id is not None:
        conditions.append(logs.c.model_name == filter.model_id)
    if filter.provider is not None:
        conditions.append(logs.c.provider == filter.provider)
    if filter.status is not None:
        conditions += _stands(filter.status)
    if filter.error_code is not None:
        conditions.append(logs.c.error_code == filter.error_code)
    if filter.tag is not None:
        conditions += [logs.c.tags.contains(dict([filter.tag])), literal_column("tags <> '{}'::jsonb")]
    if filter.period is not None:
        conditions += [logs.c.created_at >= filter.period.start, logs.c.created_at < filter.period.end]
    if filter.ended:
        conditions.append(~_UNDER_WAY)
    if filter.text is not None:
        conditions.append(mentions(filter.text))
    return conditions


def _stands(status: RunStatus) -> Conditions:
    """How a run stands, and for all but the many that went well what its index says of itself."""
    if status is RunStatus.COMPLETED:
        return [logs.c.status == status, logs.c.success]
    return [STATUS.element == status, literal_column(ODD)]


def _position(row: RunRow) -> Position:
    return Position(row.created_at, row.id)


def _older(position: Position) -> Conditions:
    """Beyond a position, towards the older runs. The instant alone is said too: months are left out by it."""
    return [logs.c.created_at <= position.created_at, _place(position) > _PLACE]


def _newer(position: Position) -> Conditions:
    return [logs.c.created_at >= position.created_at, _place(position) < _PLACE]


def _place(position: Position) -> ColumnElement[Any]:
    return tuple_(literal(position.created_at), literal(position.id))
