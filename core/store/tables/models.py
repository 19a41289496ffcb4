"""The models and their prices, and what is done to the costs of runs afterwards."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from core.store.tables.base import EMPTY, instant, metadata

llm_models = Table(
    "llm_models",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("display_name", String(200), nullable=False),
    Column("cost_per_1m_input_tokens", Numeric, nullable=True),
    Column("cost_per_1m_output_tokens", Numeric, nullable=True),
    Column("context_length", Integer, nullable=True),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("metadata", JSONB, nullable=False, server_default=EMPTY),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

own_prices = Table(
    "own_prices",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("model_name", String(200), nullable=False),
    instant("starts_at"),
    Column("prices", JSONB(none_as_null=True), nullable=True),
    Column("note", String(300), nullable=False, server_default=""),
    Column("set_by", String(100), nullable=False),
    instant("set_at"),
    Index(None, "model_name", "starts_at"),
)

repricings = Table(
    "repricings",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("made_by", String(100), nullable=False),
    instant("made_at"),
    Column("reason", String(300), nullable=False),
    instant("starts_at"),
    instant("ends_at"),
    Column("filter", JSONB, nullable=False, server_default=EMPTY),
    Column("runs", BigInteger, nullable=False),
    Column("cost_before", Numeric, nullable=False),
    Column("cost_after", Numeric, nullable=False),
)

cost_changes = Table(
    "cost_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", UUID(as_uuid=True), nullable=False),
    instant("created_at"),
    instant("changed_at"),
    Column("cause", String(20), nullable=False),
    Column("repricing_id", UUID(as_uuid=True), ForeignKey("repricings.id"), nullable=True),
    Column("old", JSONB, nullable=False),
    Column("new", JSONB, nullable=False),
    Index(None, "run_id"),
    Index(None, "repricing_id"),
)

cost_lookups = Table(
    "cost_lookups",
    metadata,
    Column("run_id", UUID(as_uuid=True), primary_key=True),
    instant("created_at"),
    Column("provider", String(50), nullable=False),
    Column("generation_id", String(200), nullable=False),
    Column("user_id", String(100), nullable=False),
    Column("paid_by", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("next_at", nullable=True),
    Column("failure", String(300), nullable=True),
    Index(None, "next_at"),
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("provider", String(50), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("total_usd", Numeric, nullable=False),
    Column("lines", JSONB, nullable=False, server_default=EMPTY),
    Column("note", String(300), nullable=False, server_default=""),
    Column("added_by", String(100), nullable=False),
    instant("added_at"),
    Index(None, "first_day"),
)
