"""The tables, as the newest migration leaves them. Every instant is `timestamptz`, every amount exact `NUMERIC`.

users ─┬─ sessions, sign_in_codes      who is signed in, where
       ├─ api_tokens                   whose programs may call, and what they may do
       ├─ templates                    the users' own prompts to start from
       ├─ month_counts, running_counts limits, counted atomically
       └─ llm_usage_logs ── run_texts  the ledger, and the texts that may be cleared without touching it
sign_in_failures                       throttling, by name and by address
sealed_secrets                         what is kept encrypted, by owner and purpose
llm_models                             prices: the administrator's rows and what the lists say
instances                              the processes that may own a started run
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_PROVIDER = "left(split_part(model_name, '/', 1), 50)"


_FIGURES = (  # what the statistics read: with these in the index they need not touch the rows
    "user_id",
    "model_name",
    "provider",
    "status",
    "success",
    "error_code",
    "input_tokens",
    "output_tokens",
    "cost",
    "cost_source",
    "latency_ms",
    "ttft_ms",
)


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _user_id(*, primary_key: bool = False) -> Column[Any]:
    reference = ForeignKey("users.id", ondelete="CASCADE")
    return Column("user_id", String(100), reference, nullable=False, primary_key=primary_key)


users = Table(
    "users",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("username", String(100), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("tier", String(30), nullable=False),
    Column("role", String(30), nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("uq_users_username_lower", func.lower(users.c.username), unique=True)

sessions = Table(
    "sessions",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    _user_id(),
    _instant("created_at"),
    _instant("last_seen_at"),
    _instant("expires_at"),
    Column("address", String(100), nullable=False),
    Column("agent", String(300), nullable=False),
    Index(None, "user_id"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    _user_id(),
    Column("binding", String(64), nullable=False),
    _instant("expires_at"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subject", String(200), nullable=False),
    _instant("failed_at"),
    Index(None, "subject", "failed_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    _user_id(),
    Column("name", String(60), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("ending", String(4), nullable=False),
    Column("scopes", ARRAY(String(20)), nullable=False),
    _instant("created_at"),
    _instant("last_used_at", nullable=True),
    _instant("expires_at", nullable=True),
    UniqueConstraint("user_id", "name"),
)

templates = Table(
    "templates",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    _user_id(),
    Column("name", String(60), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("category", String(30), nullable=False),
    Column("description", String(300), nullable=False),
    _instant("created_at"),
    _instant("updated_at"),
)
Index("uq_templates_user_id_name_lower", templates.c.user_id, func.lower(templates.c.name), unique=True)

sealed_secrets = Table(
    "sealed_secrets",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("purpose", String(100), primary_key=True),
    Column("sealed", Text, nullable=False),
    _instant("sealed_at"),
)

month_counts = Table(
    "month_counts",
    metadata,
    _user_id(primary_key=True),
    Column("month", Date, primary_key=True),
    Column("runs", Integer, nullable=False),
)

running_counts = Table(
    "running_counts",
    metadata,
    _user_id(primary_key=True),
    Column("running", Integer, nullable=False),
)

llm_models = Table(
    "llm_models",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("display_name", String(200), nullable=False),
    Column("cost_per_1m_input_tokens", Numeric, nullable=True),
    Column("cost_per_1m_output_tokens", Numeric, nullable=True),
    Column("context_length", Integer, nullable=True),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

instances = Table(
    "instances",
    metadata,
    Column("id", BigInteger, primary_key=True),
    _instant("started_at"),
)

llm_usage_logs = Table(
    "llm_usage_logs",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("user_id", String(100), nullable=False),
    Column("model_name", String(200), nullable=False),
    Column("provider", String(50), Computed(_PROVIDER, persisted=True), nullable=False),
    Column("input_tokens", Integer, nullable=False, server_default=text("0")),
    Column("output_tokens", Integer, nullable=False, server_default=text("0")),
    Column("total_tokens", Integer, nullable=False, server_default=text("0")),
    Column("cached_tokens", Integer, nullable=False, server_default=text("0")),
    Column("cache_write_tokens", Integer, nullable=False, server_default=text("0")),
    Column("reasoning_tokens", Integer, nullable=False, server_default=text("0")),
    Column("cost", Numeric, nullable=True),
    Column("cost_source", String(20), nullable=False, server_default=text("'unknown'")),
    Column("latency_ms", Integer, nullable=True),
    Column("ttft_ms", Integer, nullable=True),
    Column("success", Boolean, nullable=False, server_default=text("false")),
    Column("status", String(20), nullable=False, server_default=text("'completed'")),
    Column("error_code", String(50), nullable=True),
    Column("error_message", Text, nullable=True),
    Column("finish_reason", String(50), nullable=True),
    Column("origin", String(20), nullable=False, server_default=text("'api'")),
    Column("usage_reported", Boolean, nullable=False, server_default=text("false")),
    Column("raw_usage", JSONB(none_as_null=True), nullable=True),
    Column("prices", JSONB(none_as_null=True), nullable=True),
    Column("cost_lines", JSONB(none_as_null=True), nullable=True),
    Column("notices", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("generation_id", String(200), nullable=True),
    Column("answered_by", String(200), nullable=True),
    Column("service_tier", String(50), nullable=True),
    Column("reserved_usd", Numeric, nullable=True),
    Column("estimated_input_tokens", Integer, nullable=True),
    Column("instance_id", BigInteger, nullable=True),
    _instant("deadline_at", nullable=True),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _instant("settled_at", nullable=True),
    Index("ix_llm_usage_logs_user_recent", "user_id", text("created_at DESC"), text("id DESC")),
    Index("ix_llm_usage_logs_recent", text("created_at DESC"), text("id DESC"), postgresql_include=_FIGURES),
    Index("ix_llm_usage_logs_started", "deadline_at", postgresql_where=text("status = 'started'")),
)

run_texts = Table(
    "run_texts",
    metadata,
    Column(
        "run_id",
        UUID(as_uuid=True),
        ForeignKey("llm_usage_logs.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("messages", JSONB, nullable=False),
    Column("response", Text, nullable=True),
    Column("reasoning", Text, nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index(None, "created_at"),
)
