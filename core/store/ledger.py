"""The ledger: every run is admitted before its provider is called, and settled exactly once.

started ──settle──> completed | incomplete | cancelled | error | unknown     `settled_at` is set; nothing changes then
   └────sweep───> unknown, its cost an estimate ──settle──> as above         the real outcome may still come

The row's way from `started` releases the user's place among the runs at once, so that happens once as well.
Locks are taken in one order (month, place, row when admitting; row, place when leaving), so nobody waits in a circle.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, delete, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from core.domain.runs import Admission, Outcome, RunStatus
from core.errors import LimitReached
from core.store import entries, orphans
from core.store.database import Database
from core.store.places import release
from core.store.tables import llm_usage_logs as logs
from core.store.tables import month_counts, run_texts, running_counts

CLEARED_AT_ONCE = 1000


class Ledger:
    """The ledger of the process `instance_id` (see `Instance`). Raises `StoreUnavailable` if the database is away."""

    def __init__(self, database: Database, instance_id: int) -> None:
        self._database = database
        self._instance_id = instance_id

    def admit(
        self,
        admission: Admission,
        *,
        month: date,
        monthly_limit: int | None,
        concurrent_limit: int,
        resets_at: datetime,
    ) -> int:
        """Record a run as started and return the user's runs of `month`, this one included.

        Counts and record are one transaction: a refused run leaves nothing. `monthly_limit` None and
        `concurrent_limit` 0 are no limit. Raises `LimitReached`.
        """

        def work(connection: Connection) -> int:
            used = _take_of_month(connection, admission.user_id, month, monthly_limit, resets_at)
            _take_place(connection, admission.user_id, concurrent_limit)
            connection.execute(insert(logs).values(entries.started(admission, self._instance_id)))
            connection.execute(insert(run_texts).values(entries.question(admission)))
            return used

        return self._database.call(work)

    def settle(self, outcome: Outcome) -> bool:
        """Record how a run ended. Returns True if this call did it, False if it was done or there is no such run."""

        def work(connection: Connection) -> bool:
            row = connection.execute(_unsettled(outcome)).one_or_none()
            if row is None:
                return False
            excerpt = entries.excerpt(outcome) if _keep_answer(connection, outcome) else {}
            ended = {**entries.settled(outcome), "metadata": _metadata_with(excerpt)}
            connection.execute(update(logs).where(logs.c.id == outcome.run_id).values(ended))
            if row.status == RunStatus.STARTED:
                release(connection, [row.user_id])
            return True

        return self._database.call(work)

    def sweep(self, now: datetime) -> int:
        """Settle as `unknown`, at an estimated cost, the started runs that nobody will settle: their process is gone,
        or their deadline has long passed. Returns how many."""
        swept = 0
        while found := self._database.call(lambda connection: orphans.sweep(connection, now, self._instance_id)):
            swept += found
        return swept

    def runs_this_month(self, user_id: str, month: date) -> int:
        """Return how many runs the user was admitted in `month`."""
        mine = (month_counts.c.user_id == user_id) & (month_counts.c.month == month)
        return self._database.call(lambda connection: connection.scalar(select(month_counts.c.runs).where(mine)) or 0)

    def clear_texts(self, before: datetime) -> int:
        """Delete the texts of the runs from before `before`, and their excerpts; figures and costs stay.

        Runs still under way are left alone. Returns how many runs lost their texts.
        """
        cleared = 0
        while found := self._database.call(lambda connection: _clear_some(connection, before)):
            cleared += found
        return cleared


def _take_of_month(connection: Connection, user_id: str, month: date, limit: int | None, resets_at: datetime) -> int:
    used = _count_up(connection, month_counts, {"user_id": user_id, "month": month}, month_counts.c.runs, limit)
    if used is None:
        assert limit is not None
        at = resets_at.astimezone(UTC)
        message = f"You have used up this month's runs ({limit:,}). They start anew on {at.day} {at:%B %Y, %H:%M} UTC."
        raise LimitReached(message, limit=limit, used=max(limit, 0), resets_at=resets_at)
    return used


def _take_place(connection: Connection, user_id: str, limit: int) -> None:
    taken = _count_up(connection, running_counts, {"user_id": user_id}, running_counts.c.running, limit or None)
    if taken is None:
        message = f"You have as many runs going as may go at once ({limit}). Wait until one ends, or stop one."
        raise LimitReached(message, limit=limit, used=limit, resets_at=None)


def _count_up(
    connection: Connection, table: Table, key: dict[str, Any], count: Column[int], limit: int | None
) -> int | None:
    """Count one more and return the new count, or None at the limit. One statement, so no two take the last place."""
    if limit is not None and limit < 1:
        return None
    more = insert(table).values({**key, count.name: 1})
    below = None if limit is None else count < limit
    counted = more.on_conflict_do_update(index_elements=list(key), set_={count.name: count + 1}, where=below)
    return connection.scalar(counted.returning(count))


def _unsettled(outcome: Outcome) -> Select[Any]:
    waiting = logs.c.status.in_([RunStatus.STARTED, RunStatus.UNKNOWN]) & logs.c.settled_at.is_(None)
    return select(logs.c.user_id, logs.c.status).where(logs.c.id == outcome.run_id, waiting).with_for_update()


def _keep_answer(connection: Connection, outcome: Outcome) -> bool:
    """Keep the answer beside the question; False if the question was cleared, so the answer is not to be kept."""
    text = update(run_texts).where(run_texts.c.run_id == outcome.run_id)
    kept = connection.execute(text.values(entries.answer(outcome)))
    return kept.rowcount > 0


def _metadata_with(values: Mapping[str, str | None]) -> ColumnElement[Any]:
    return logs.c.metadata.op("||")(type_coerce(values, JSONB))


def _clear_some(connection: Connection, before: datetime) -> int:
    settled = select(logs.c.id).where(logs.c.id == run_texts.c.run_id, logs.c.status != RunStatus.STARTED)
    old = select(run_texts.c.run_id).where(run_texts.c.created_at < before, settled.exists()).limit(CLEARED_AT_ONCE)
    gone = delete(run_texts).where(run_texts.c.run_id.in_(old)).returning(run_texts.c.run_id)
    cleared = connection.scalars(gone).all()
    nothing = _metadata_with({"prompt": None, "response": None})
    connection.execute(update(logs).where(logs.c.id.in_(cleared)).values(metadata=nothing))
    return len(cleared)
