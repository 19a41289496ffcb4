"""The ledger, by months, the texts of its runs, and what is counted when a run is admitted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from core.store.tables.base import EMPTY, NEWEST_FIRST, instant, metadata, user_id

_PROVIDER = "left(split_part(model_name, '/', 1), 50)"
_QUESTION = """jsonb_path_query_array(messages, '$[*] ? (@.role == "user")') -> -1 ->> 'content'"""
_STATUS = text("""(
CASE
    WHEN status = 'completed' AND NOT success THEN 'error'
    ELSE status
END)""")  # as PostgreSQL writes it, which migrations are compared by
ODD = "(status <> 'completed' OR NOT success)"
"""What the index of the runs that did not go well says of them: said of a query, it lets that index be used."""

instances = Table(
    "instances",
    metadata,
    Column("id", BigInteger, primary_key=True),
    instant("started_at"),
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
    instant("deadline_at", nullable=True),
    Column("metadata", JSONB, nullable=False, server_default=EMPTY),
    Column("tags", JSONB, nullable=False, server_default=EMPTY),
    Column("created_at", DateTime(timezone=True), primary_key=True, server_default=func.now()),
    instant("settled_at", nullable=True),
    Column("paid_by", String(10), nullable=False, server_default=text("'lab'")),
    Index("ix_llm_usage_logs_user_recent", "user_id", *NEWEST_FIRST),
    Index("ix_llm_usage_logs_recent", *NEWEST_FIRST),
    Index("ix_llm_usage_logs_model_recent", "model_name", *NEWEST_FIRST),
    Index("ix_llm_usage_logs_odd_recent", _STATUS, *NEWEST_FIRST, postgresql_where=text(ODD)),
    Index(
        "ix_llm_usage_logs_error_recent",
        "error_code",
        *NEWEST_FIRST,
        postgresql_where=text("error_code IS NOT NULL"),
    ),
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

month_counts = Table(
    "month_counts",
    metadata,
    user_id(primary_key=True),
    Column("month", Date, primary_key=True),
    Column("runs", Integer, nullable=False),
)

running_counts = Table(
    "running_counts",
    metadata,
    user_id(primary_key=True),
    Column("running", Integer, nullable=False),
)
