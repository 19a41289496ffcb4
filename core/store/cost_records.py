"""The settled runs of a period, with what their rows hold of their cost: some at a time, however many there are."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, select, tuple_

from core.domain.periods import Period
from core.domain.pricing import Cost, CostLine, CostSource, Prices
from core.domain.recomputing import CostRecord
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.store.database import Database
from core.store.tables import llm_usage_logs as logs

AT_ONCE = 2000

_TOKENS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_COLUMNS = ("id", "created_at", "model_name", *_TOKENS, "usage_reported", "raw_usage", "prices")
_COST = ("cost", "cost_source", "cost_lines")


def cost_records(database: Database, period: Period) -> Iterator[CostRecord]:
    """Yield the runs that started in `period`, the oldest first. Raises `StoreUnavailable`."""
    rows = _some(database, _settled(period))
    while rows:
        yield from map(_record, rows)
        beyond = tuple_(logs.c.created_at, logs.c.id) > (rows[-1].created_at, rows[-1].id)
        rows = _some(database, _settled(period).where(beyond))


def _some(database: Database, query: Select[Any]) -> Sequence[Row[Any]]:
    return database.call(lambda connection: connection.execute(query).all())


def _settled(period: Period) -> Select[Any]:
    within = (logs.c.created_at >= period.start, logs.c.created_at < period.end)
    found = select(*(logs.c[name] for name in (*_COLUMNS, *_COST))).where(*within, logs.c.status != RunStatus.STARTED)
    return found.order_by(logs.c.created_at, logs.c.id).limit(AT_ONCE)


def _record(row: Row[Any]) -> CostRecord:
    lines = tuple(CostLine.model_validate(line) for line in row.cost_lines or ())
    return CostRecord(
        run_id=row.id,
        created_at=row.created_at,
        model_id=row.model_name,
        usage=Usage(**{name: getattr(row, name) for name in _TOKENS}),
        usage_reported=row.usage_reported,
        raw_usage=row.raw_usage,
        prices=Prices.model_validate(row.prices) if row.prices else None,
        cost=Cost(amount=_finite(row.cost), source=CostSource(row.cost_source), lines=lines),
    )


def _finite(amount: Decimal | None) -> Decimal | None:
    return amount if amount is not None and amount.is_finite() else None
