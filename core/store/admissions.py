"""Admitting runs, many in one transaction, exactly as if each had come alone, in their order.

Every run is counted first, which locks its user's counts; then they are served in order, and those beyond a limit are
counted down again. Nobody sees a count in between, and a count that was read can no longer be changed by another. So it
is with the budgets, see `budget_room`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from core.domain.runs import Admission
from core.errors import LimitReached
from core.store import entries
from core.store.budget_room import Rooms
from core.store.recordsets import given, insert_all, recordset
from core.store.tables import llm_usage_logs as logs
from core.store.tables import month_counts, run_texts, running_counts

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that asks to be admitted in `month`, under its user's limits. See `Ledger.admit`."""

    admission: Admission
    month: date
    monthly_limit: int | None
    concurrent_limit: int
    resets_at: datetime

    @property
    def of_month(self) -> Key:
        """What the run counts for in `month_counts`."""
        return self.admission.user_id, self.month

    @property
    def of_user(self) -> Key:
        """What the run counts for in `running_counts`."""
        return (self.admission.user_id,)


def admit(
    connection: Connection,
    claims: Sequence[Claim],
    instance_id: int,
    keeps_texts: Callable[[], bool] = lambda: True,
) -> list[int | LimitReached]:
    """Admit what the limits allow; return the user's runs of the month, or the limit that was reached, for each.

    Where the lab keeps no texts, figures alone are recorded: what was not asked here is not answered either.
    """
    months = _count(connection, month_counts.c.runs, (claim.of_month for claim in claims))
    places = _count(connection, running_counts.c.running, (claim.of_user for claim in claims))
    rooms = Rooms(connection, [claim.admission for claim in claims])
    answers = [_serve(claim, months, places, rooms) for claim in claims]
    served = list(zip(claims, answers, strict=True))
    refused = [claim for claim, answer in served if isinstance(answer, LimitReached)]
    _count(connection, month_counts.c.runs, (claim.of_month for claim in refused), -1)
    _count(connection, running_counts.c.running, (claim.of_user for claim in refused), -1)
    admitted = [claim.admission for claim, answer in served if isinstance(answer, int)]
    _record(connection, admitted, instance_id, texts=keeps_texts())
    return answers


def _count(connection: Connection, count: Column[int], keys: Iterable[Key], step: int = 1) -> dict[Key, int]:
    """Add `step` for each mention of a key, in the order of the keys, and return what was counted before."""
    steps = {key: step * times for key, times in sorted(Counter(keys).items())}
    if not steps:
        return {}
    names = _names(count)
    rows = [dict(zip(names, (*key, added), strict=True)) for key, added in steps.items()]
    counted = connection.execute(_more(count), given(rows))
    return {tuple(key): after - steps[tuple(key)] for *key, after in counted}


def _serve(claim: Claim, months: dict[Key, int], places: dict[Key, int], rooms: Rooms) -> int | LimitReached:
    month, user = claim.of_month, claim.of_user
    if claim.monthly_limit is not None and months[month] >= claim.monthly_limit:
        return _month_used_up(claim.monthly_limit, claim.resets_at)
    if claim.concurrent_limit and places[user] >= claim.concurrent_limit:
        return _places_taken(claim.concurrent_limit)
    if refusal := rooms.refusal(claim.admission):
        return refusal
    rooms.take(claim.admission)
    months[month] += 1
    places[user] += 1
    return months[month]


def _month_used_up(limit: int, resets_at: datetime) -> LimitReached:
    at = resets_at.astimezone(UTC)
    message = f"You have used up this month's runs ({limit:,}). They start anew on {at.day} {at:%B %Y, %H:%M} UTC."
    return LimitReached(message, limit=limit, used=max(limit, 0), resets_at=resets_at)


def _places_taken(limit: int) -> LimitReached:
    message = f"You have as many runs going as may go at once ({limit}). Wait until one ends, or stop one."
    return LimitReached(message, limit=limit, used=limit, resets_at=None)


def _record(connection: Connection, admissions: Sequence[Admission], instance_id: int, *, texts: bool) -> None:
    rows = [entries.started(admission, instance_id, text=texts) for admission in admissions]
    insert_all(connection, logs, rows)
    if texts:
        insert_all(connection, run_texts, [entries.question(admission) for admission in admissions])


def _names(count: Column[int]) -> list[str]:
    return [*count.table.primary_key.columns.keys(), count.name]


@cache
def _more(count: Column[int]) -> ReturningInsert[Any]:
    """Add to a count, whether or not its row is there; one row after another, so locked in the order given."""
    names = _names(count)
    added = insert(count.table).from_select(names, select(recordset(count.table, names)))
    total = {count.name: count + added.excluded[count.name]}
    return added.on_conflict_do_update(index_elements=names[:-1], set_=total).returning(*count.table.c[*names])
