"""People: accounts, sessions, tokens, their own templates, and secrets that are kept sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from core.store.tables.base import EMPTY, instant, metadata, user_id

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
    Column("limits", JSONB, nullable=False, server_default=EMPTY),
    Column("openid", String(400), nullable=True),
    instant("erased_at", nullable=True),
    Index("uq_users_openid", "openid", unique=True),
)
Index("uq_users_username_lower", func.lower(users.c.username), unique=True)

sessions = Table(
    "sessions",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    user_id(),
    instant("created_at"),
    instant("last_seen_at"),
    instant("expires_at"),
    Column("address", String(100), nullable=False),
    Column("agent", String(300), nullable=False),
    Index(None, "user_id"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    user_id(),
    Column("binding", String(64), nullable=False),
    instant("expires_at"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("subject", String(200), nullable=False),
    instant("failed_at"),
    Index(None, "subject", "failed_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    user_id(),
    Column("name", String(60), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("ending", String(4), nullable=False),
    Column("scopes", ARRAY(String(20)), nullable=False),
    instant("created_at"),
    instant("last_used_at", nullable=True),
    instant("expires_at", nullable=True),
    UniqueConstraint("user_id", "name"),
)

templates = Table(
    "templates",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    user_id(),
    Column("name", String(60), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("category", String(30), nullable=False),
    Column("description", String(300), nullable=False),
    instant("created_at"),
    instant("updated_at"),
)
Index("uq_templates_user_id_name_lower", templates.c.user_id, func.lower(templates.c.name), unique=True)

sealed_secrets = Table(
    "sealed_secrets",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("purpose", String(100), primary_key=True),
    Column("sealed", Text, nullable=False),
    instant("sealed_at"),
)

password_links = Table(
    "password_links",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    user_id(),
    instant("expires_at"),
)

tier_rules = Table(
    "tier_rules",
    metadata,
    Column("tier", String(30), primary_key=True),
    Column("rules", JSONB, nullable=False),
)
