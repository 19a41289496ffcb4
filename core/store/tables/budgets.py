"""Budgets, and what each of their periods has spent and holds reserved: kept in step by the ledger's triggers."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Numeric, String, Table
from sqlalchemy.dialects.postgresql import UUID

from core.store.tables.base import instant, metadata

budgets = Table(
    "budgets",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("scope", String(20), nullable=False),
    Column("member", String(200), nullable=False),
    Column("period", String(10), nullable=False),
    Column("zone", String(100), nullable=False),
    Column("limit_usd", Numeric, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("counts_from", Date, nullable=False),
    Column("made_by", String(100), nullable=False),
    instant("made_at"),
    Index("ix_budgets_scope_member", "scope", "member"),
)

budget_periods = Table(
    "budget_periods",
    metadata,
    Column("budget_id", UUID(as_uuid=True), ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True),
    Column("starts", Date, primary_key=True),
    Column("spent", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
)
