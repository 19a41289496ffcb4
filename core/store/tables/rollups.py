"""What the statistics read: sums of the ledger, kept in step by its triggers."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.store.tables.base import instant, metadata


def _count(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def _amount(name: str) -> Column[Any]:
    return Column(name, Numeric, nullable=False)


rollups = Table(
    "rollups",
    metadata,
    Column("grain", String(1), primary_key=True),
    Column("scope", String(40), primary_key=True),
    Column("member", String(200), primary_key=True),
    Column("starts", DateTime(timezone=True), primary_key=True),
    Column("model_name", String(200), primary_key=True),
    _count("runs"),
    _count("failed"),
    _count("cancelled"),
    _count("incomplete"),
    _count("unknown"),
    _count("input_tokens"),
    _count("output_tokens"),
    _count("cached_tokens"),
    _amount("cost"),
    _amount("billed_cost"),
    _amount("estimated_cost"),
    _count("unpriced_runs"),
    _count("latency_ms"),
    _count("timed_runs"),
    _amount("latencies"),
    _amount("first_tokens"),
    Column("own_key_cost", Numeric, nullable=False, server_default=text("0")),
    Index("ix_rollups_model", "grain", "scope", "model_name", "starts", "member"),
    Index(
        "ix_rollups_all_models",
        "grain",
        "scope",
        "starts",
        "member",
        postgresql_include=("cost", "runs", "input_tokens", "output_tokens", "failed"),
        postgresql_where=text("model_name = ''"),
    ),
)

rollup_errors = Table(
    "rollup_errors",
    metadata,
    Column("grain", String(1), primary_key=True),
    Column("scope", String(40), primary_key=True),
    Column("member", String(200), primary_key=True),
    Column("model_name", String(200), primary_key=True),
    Column("starts", DateTime(timezone=True), primary_key=True),
    Column("code", String(50), primary_key=True),
    _count("runs"),
)

rollup_changes = Table(
    "rollup_changes",
    metadata,
    Column("sign", SmallInteger, nullable=False),
    instant("created_at"),
    Column("user_id", String(100), nullable=False),
    Column("model_name", String(200), nullable=False),
    Column("tags", JSONB, nullable=False),
    Column("status", String(20), nullable=False),
    Column("error_code", String(50), nullable=True),
    Column("cost_source", String(20), nullable=False),
    Column("cost", Numeric, nullable=True),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("latency_ms", Integer, nullable=True),
    Column("ttft_ms", Integer, nullable=True),
    Column("paid_by", String(10), nullable=False, server_default=text("'lab'")),
)

rollup_zone = Table("rollup_zone", metadata, Column("zone", String(100), primary_key=True))

run_models = Table(
    "run_models",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("model_name", String(200), nullable=False, unique=True),
)
