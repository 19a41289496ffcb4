"""Runs that nobody will settle: their process is gone, or their deadline has long passed.

A process lives while somebody holds the advisory lock of its number (see `Instance`): who can take it, knows that the
process is gone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, or_, select, union, update

from core.domain.faults import FaultCode
from core.domain.pricing import FALLBACK, Cost, Prices, cost_of
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.store.lookups import ask_later
from core.store.places import release
from core.store.tables import instances
from core.store.tables import llm_usage_logs as logs

GRACE = timedelta(seconds=60)
SWEPT_AT_ONCE = 500


def sweep(connection: Connection, now: datetime, own_instance: int, billed_later: Collection[str] = ()) -> int:
    """Turn some orphans into `unknown` at their estimated cost, release their places, and return how many.

    `billed_later` are the providers that can be asked afterwards what a run cost, and will be.
    """
    dead = _dead_instances(connection, own_instance)
    orphans = connection.execute(_orphans(dead, now)).mappings().all()
    if orphans:
        release(connection, [row["user_id"] for row in orphans])
        change = update(logs).where(logs.c.id == bindparam("run_id"))
        connection.execute(change, [{"run_id": row["id"], **_unknown(row)} for row in orphans])
        ask_later(connection, [row["id"] for row in orphans], billed_later, orphans[0]["created_at"], now)
    connection.execute(delete(instances).where(instances.c.id.in_(dead)))
    return len(orphans)


def _dead_instances(connection: Connection, own_instance: int) -> list[int]:
    owners = select(logs.c.instance_id).where(logs.c.status == RunStatus.STARTED, logs.c.instance_id.is_not(None))
    known = connection.scalars(union(owners, select(instances.c.id)))
    return [number for number in known if number != own_instance and _is_free(connection, number)]


def _is_free(connection: Connection, number: int) -> bool:
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(number))))


def _orphans(dead: Sequence[int], now: datetime) -> Select[Any]:
    given_up = or_(logs.c.instance_id.in_(dead), logs.c.deadline_at < now - GRACE)
    columns = select(logs.c.id, logs.c.created_at, logs.c.user_id, logs.c.estimated_input_tokens, logs.c.prices)
    found = columns.where(logs.c.status == RunStatus.STARTED, given_up).order_by(logs.c.created_at)
    return found.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)


def _unknown(row: RowMapping) -> dict[str, Any]:
    tokens = row["estimated_input_tokens"] or 0
    cost = _estimate(tokens, Prices.model_validate(row["prices"]) if row["prices"] else FALLBACK)
    return {
        "status": RunStatus.UNKNOWN,
        "error_code": FaultCode.KILLED,
        "input_tokens": tokens,
        "total_tokens": tokens,
        "cost": cost.amount,
        "cost_source": cost.source,
        "cost_lines": [line.model_dump(mode="json") for line in cost.lines],
    }


def _estimate(input_tokens: int, prices: Prices) -> Cost:
    return cost_of(Usage(input_tokens=input_tokens), prices, reported=False)
