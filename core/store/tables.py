"""The tables, as the newest migration leaves them. Every instant is `timestamptz`, every amount exact `NUMERIC`.

users ─┬─ sessions, sign_in_codes      who is signed in, where
       ├─ api_tokens                   whose programs may call, and what they may do
       ├─ templates                    the users' own prompts to start from
       ├─ month_counts, running_counts limits, counted atomically
       └─ llm_usage_logs ─┬─ run_texts the ledger, by months, and the texts that may be cleared without touching it
                          └─ rollups   what the statistics read: sums of the ledger, kept in step by its triggers
sign_in_failures                       throttling, by name and by address
sealed_secrets                         what is kept encrypted, by owner and purpose
llm_models                             prices: the administrator's rows and what the lists say
instances                              the processes that may own a started run
audit_log                              who read or changed what is not their own; only ever added to
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
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_PROVIDER = "left(split_part(model_name, '/', 1), 50)"
_QUESTION = """jsonb_path_query_array(messages, '$[*] ? (@.role == "user")') -> -1 ->> 'content'"""
_STATUS = text("""(
CASE
    WHEN status = 'completed' AND NOT success THEN 'error'
    ELSE status
END)""")  # as PostgreSQL writes it, which migrations are compared by
ODD = "(status <> 'completed' OR NOT success)"
"""What the index of the runs that did not go well says of them: said of a query, it lets that index be used."""

_EMPTY = text("'{}'::jsonb")
_NEWEST_FIRST = (text("created_at DESC"), text("id DESC"))


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
    Column("metadata", JSONB, nullable=False, server_default=_EMPTY),
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
    Column("metadata", JSONB, nullable=False, server_default=_EMPTY),
    Column("tags", JSONB, nullable=False, server_default=_EMPTY),
    Column("created_at", DateTime(timezone=True), primary_key=True, server_default=func.now()),
    _instant("settled_at", nullable=True),
    Index("ix_llm_usage_logs_user_recent", "user_id", *_NEWEST_FIRST),
    Index("ix_llm_usage_logs_recent", *_NEWEST_FIRST),
    Index("ix_llm_usage_logs_model_recent", "model_name", *_NEWEST_FIRST),
    Index("ix_llm_usage_logs_odd_recent", _STATUS, *_NEWEST_FIRST, postgresql_where=text(ODD)),
    Index("ix_llm_usage_logs_started", "deadline_at", postgresql_where=text("status = 'started'")),
    Index(
        "ix_llm_usage_logs_tags",
        "tags",
        postgresql_using="gin",
        postgresql_ops={"tags": "jsonb_path_ops"},
        postgresql_where=text("tags <> '{}'::jsonb"),
    ),
    postgresql_partition_by="RANGE (created_at)",
)

run_texts = Table(
    "run_texts",
    metadata,
    Column("run_id", UUID(as_uuid=True), primary_key=True),
    Column("messages", JSONB, nullable=False),
    Column("response", Text, nullable=True),
    Column("reasoning", Text, nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("words", TSVECTOR, Computed(f"to_tsvector('simple', left({_QUESTION}, 20000))", persisted=True)),
    ForeignKeyConstraint(
        ["run_id", "created_at"], ["llm_usage_logs.id", "llm_usage_logs.created_at"], ondelete="CASCADE"
    ),
    Index(None, "created_at"),
    Index(None, "words", postgresql_using="gin"),
)


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
    _instant("created_at"),
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
)

rollup_zone = Table("rollup_zone", metadata, Column("zone", String(100), primary_key=True))

run_models = Table(
    "run_models",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("model_name", String(200), nullable=False, unique=True),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", String(100), nullable=False),
    Column("act", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("details", JSONB, nullable=False, server_default=_EMPTY),
    Index("ix_audit_log_at", text("at DESC"), text("id DESC")),
)
