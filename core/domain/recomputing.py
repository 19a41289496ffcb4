"""Whether a run's record alone leads to its cost again: the tokens, the prices and what the provider billed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from core.domain.pricing import Cost, CostSource, Prices, cost_of
from core.domain.usage import Usage

BILLED_AS = ("cost", "total_cost")
"""How OpenRouter calls what it billed: in the usage of an answer, and when it is asked afterwards. An amount there is a
JSON number, which is the very decimal that was written."""


@dataclass(frozen=True, slots=True)
class CostRecord:
    """What a settled run's row holds of its cost. `prices` is None where others wrote it; `cost` is as it was kept."""

    run_id: UUID
    created_at: datetime
    model_id: str
    usage: Usage
    usage_reported: bool
    raw_usage: Mapping[str, Any] | None
    prices: Prices | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class CostDifference:
    """A run whose record leads to another cost than the one that it holds."""

    record: CostRecord
    recomputed: Cost


def recomputed(record: CostRecord) -> Cost | None:
    """Return the cost that the record leads to; None if it holds no prices, so that it leads nowhere."""
    if record.prices is None:
        return None
    billed = _billed(record.raw_usage or {}) if record.cost.source is CostSource.PROVIDER else None
    usage = record.usage.model_copy(update={"billed_usd": billed})
    return cost_of(usage, record.prices, reported=record.usage_reported)


def differs(record: CostRecord) -> CostDifference | None:
    """Return how the record and its cost differ: in amount, source, or the lines of the sum; else None."""
    again = recomputed(record)
    return None if again is None or again == record.cost else CostDifference(record, again)


def _billed(raw: Mapping[str, Any]) -> Decimal | None:
    told = [raw[name] for name in BILLED_AS if raw.get(name) is not None]
    try:
        return Decimal(str(told[0])) if told else None
    except InvalidOperation:
        return None
