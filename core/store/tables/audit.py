"""What was done and what was refused: the audit log, refusals; and the settings that are kept here."""

from sqlalchemy import BigInteger, Column, Computed, DateTime, Identity, Index, Integer, String, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from core.store.tables.base import EMPTY, metadata

_WORDS = """to_tsvector('simple', subject) || jsonb_to_tsvector('simple', details, '"all"')"""
_LATEST_FIRST = (text("at DESC"), text("id DESC"))

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", String(100), nullable=False),
    Column("act", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("details", JSONB, nullable=False, server_default=EMPTY),
    Column("words", TSVECTOR, Computed(_WORDS, persisted=True)),
    Index("ix_audit_log_at", *_LATEST_FIRST),
    Index("ix_audit_log_actor", "actor", *_LATEST_FIRST),
    Index("ix_audit_log_actor_act", "actor", "act", *_LATEST_FIRST),
    Index("ix_audit_log_act", "act", *_LATEST_FIRST),
    Index("ix_audit_log_subject", "subject", *_LATEST_FIRST),
    Index(None, "words", postgresql_using="gin"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("user_id", String(100), primary_key=True),
    Column("model_name", String(200), primary_key=True),
    Column("code", String(50), primary_key=True),
    Column("minute", DateTime(timezone=True), primary_key=True),
    Column("message", String(500), nullable=False),
    Column("times", Integer, nullable=False),
    Index("ix_refusals_minute", text("minute DESC")),
    Index("ix_refusals_user_id", "user_id", text("minute DESC")),
    Index("ix_refusals_code", "code", text("minute DESC")),
)

lab_settings = Table(
    "lab_settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", JSONB, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("topic", String(40), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
