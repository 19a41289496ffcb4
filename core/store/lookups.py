"""Runs whose provider is still to tell what it billed: who is to ask next, and what comes of it.

    settled ──ask_later──> due ──take──> with somebody, who asks ──settle──> the ledger is corrected, the row is gone
                            ^                 ├──put_off──> due again after a pause, or given up (no `next_at`)
                            └── LEASE ────────┘ nothing was heard of who asked: another one does

The row goes in the transaction that corrects the ledger, so that is done once, however often a provider is asked and
whoever is killed meanwhile.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from core.domain.audit import Note
from core.domain.corrections import PAUSES, CostLookup, Outstanding, next_try
from core.domain.pricing import FALLBACK, CostSource, Prices, cost_of
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.store.audit import write
from core.store.corrections import FIGURES, keep_billed
from core.store.database import Database
from core.store.plain import fitting, plain_json
from core.store.tables import cost_lookups as lookups
from core.store.tables import llm_usage_logs as logs

LEASE = timedelta(minutes=1)
"""How long who took a row may ask: longer than any answer takes."""

_COPIED = ("created_at", "provider", "generation_id", "user_id", "paid_by")


def ask_later(
    connection: Connection, run_ids: Sequence[UUID], providers: Collection[str], since: datetime, now: datetime
) -> None:
    """Have those of the runs asked about whose cost is an estimate, and whose provider, one of `providers`, can tell it
    later. None of them was started before `since`."""
    placed = (logs.c.id.in_(run_ids), logs.c.created_at >= since)
    named = (*placed, logs.c.provider.in_(providers), logs.c.generation_id.is_not(None))
    columns = [logs.c.id, *(logs.c[name] for name in _COPIED), literal(now + PAUSES[0])]
    due = select(*columns).where(*named, logs.c.cost_source == CostSource.ESTIMATED)
    rows = insert(lookups).from_select(["run_id", *_COPIED, "next_at"], due)
    connection.execute(rows.on_conflict_do_nothing())


class LookupStore:
    """The rows of all processes. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, now: datetime, most: int) -> list[CostLookup]:
        """Take up to `most` rows that are due, the longest due first; nobody else takes them within `LEASE`."""
        due = select(lookups.c.run_id).where(lookups.c.next_at <= now).order_by(lookups.c.next_at).limit(most)
        mine = due.with_for_update(skip_locked=True).cte("mine")
        taken = update(lookups).where(lookups.c.run_id == mine.c.run_id).values(next_at=now + LEASE).returning(lookups)
        return self._database.call(lambda connection: [_lookup(row) for row in connection.execute(taken).mappings()])

    def put_off(self, lookup: CostLookup, failure: str, now: datetime) -> None:
        """Note that it was asked in vain, and when the next time is; after the last one it is given up."""
        asked = lookup.attempts + 1
        values = {"attempts": asked, "next_at": next_try(asked, now), "failure": fitting(failure, lookups.c.failure)}
        same = (lookups.c.run_id == lookup.run_id, lookups.c.attempts == lookup.attempts)
        self._database.call(lambda connection: connection.execute(update(lookups).where(*same).values(values)))

    def settle(self, lookup: CostLookup, usage: Usage, raw: Any, now: datetime) -> bool:
        """Correct the ledger by what the provider told. Returns whether this call did it: no if it was done before, or
        if there is nothing left to correct."""

        def work(connection: Connection) -> bool:
            gone = delete(lookups).where(lookups.c.run_id == lookup.run_id).returning(lookups.c.run_id)
            if connection.scalar(gone) is None:
                return False
            row = (
                connection.execute(_CORRECTED, {"id": lookup.run_id, "at": lookup.created_at}).mappings().one_or_none()
            )
            if row is not None:
                _correct(connection, row, _billed(row, usage, raw), now)
            return row is not None

        return self._database.call(work)

    def outstanding(self) -> Outstanding:
        """Count the rows."""
        counted = select(func.count(lookups.c.next_at), func.count())
        pending, every = self._database.call(lambda connection: connection.execute(counted).one())
        return Outstanding(pending, every - pending)

    def ask_again(self, note: Note, now: datetime) -> int:
        """Begin anew with what was given up, and return how much that is."""

        def work(connection: Connection) -> int:
            again = update(lookups).where(lookups.c.next_at.is_(None)).values(attempts=0, next_at=now)
            write(connection, note)
            return connection.execute(again).rowcount

        return self._database.call(work)


_CORRECTED = (
    select(logs.c.id, logs.c.created_at, logs.c.prices, *(logs.c[name] for name in FIGURES))
    .where(logs.c.id == bindparam("id"), logs.c.created_at == bindparam("at"))
    .where(logs.c.status != RunStatus.STARTED, logs.c.cost_source != CostSource.PROVIDER)
    .with_for_update()
)


def _billed(row: RowMapping, usage: Usage, raw: Any) -> dict[str, Any]:
    """The figures of a run as its provider told them."""
    prices = Prices.model_validate(row["prices"]) if row["prices"] else FALLBACK
    cost = cost_of(usage, prices, reported=True)
    counts = ("input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
    return {
        **{name: getattr(usage, name) for name in counts},
        "cost": cost.amount,
        "cost_source": cost.source,
        "cost_lines": [line.model_dump(mode="json") for line in cost.lines],
        "usage_reported": True,
        "raw_usage": plain_json(raw),
    }


def _correct(connection: Connection, row: RowMapping, new: dict[str, Any], now: datetime) -> None:
    this = (logs.c.id == row["id"], logs.c.created_at == row["created_at"])
    connection.execute(update(logs).where(*this).values(new))
    keep_billed(connection, row, new, now)


def _lookup(row: RowMapping) -> CostLookup:
    return CostLookup(**row)
