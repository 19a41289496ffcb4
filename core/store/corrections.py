"""Corrections of what runs cost, as they are kept: only ever added to, the cost of before beside the new one."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select

from core.domain.corrections import GENERATION, CostChange, CostLookup
from core.domain.pricing import Cost, CostSource
from core.store.plain import plain_json
from core.store.tables import cost_changes, cost_lookups, repricings

FIGURES = (
    "cost",
    "cost_source",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "usage_reported",
    "cost_lines",
    "raw_usage",
)
"""What telling a bill changes in a run."""


def keep_billed(connection: Connection, row: RowMapping, new: Mapping[str, Any], at: datetime) -> None:
    """Keep the figures of a run as they were in `row` and as they are now that its provider has told them."""
    values = {"run_id": row["id"], "created_at": row["created_at"], "changed_at": at, "cause": GENERATION}
    connection.execute(insert(cost_changes).values(**values, old=_kept(dict(row)), new=_kept(new)))


def changes_of(connection: Connection, run_id: UUID) -> tuple[CostChange, ...]:
    """Return the corrections of a run, the first one first."""
    found = (
        select(cost_changes, repricings.c.reason)
        .join_from(cost_changes, repricings, isouter=True)
        .where(cost_changes.c.run_id == run_id)
        .order_by(cost_changes.c.id)
    )
    return tuple(
        CostChange(row.changed_at, row.cause, _cost(row.old), _cost(row.new), row.reason or "")
        for row in connection.execute(found)
    )


def lookup_of(connection: Connection, run_id: UUID) -> CostLookup | None:
    """Return what is still to be asked about a run, if anything is."""
    row = connection.execute(select(cost_lookups).where(cost_lookups.c.run_id == run_id)).one_or_none()
    return None if row is None else CostLookup(**row._mapping)


def _kept(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as JSON. An amount is a text: a number would be read as one that is not exact."""
    cost = figures["cost"]
    others = {name: plain_json(figures[name]) for name in FIGURES if name not in ("cost", "cost_lines")}
    return {"cost": None if cost is None else f"{cost:f}", **others, "cost_lines": figures["cost_lines"]}


def _cost(kept: Mapping[str, Any]) -> Cost:
    amount = kept.get("cost")
    if amount is None:
        return Cost(amount=None, source=CostSource.UNKNOWN)
    return Cost(amount=Decimal(str(amount)), source=CostSource(kept.get("cost_source", CostSource.ESTIMATED)))
