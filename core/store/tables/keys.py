"""The keys of providers, sealed, and the providers that an administrator added."""

from sqlalchemy import Boolean, Column, String, Table, Text, text

from core.store.tables.base import instant, metadata

provider_keys = Table(
    "provider_keys",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("provider", String(50), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("base_url", String(500), nullable=False),
    Column("ending", String(4), nullable=False),
    Column("added_by", String(100), nullable=False),
    instant("added_at"),
    instant("checked_at", nullable=True),
    instant("last_used_at", nullable=True),
    instant("failed_at", nullable=True),
    Column("failure", String(500), nullable=True),
)

added_providers = Table(
    "added_providers",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("display_name", String(60), nullable=False),
    Column("base_url", String(500), nullable=False),
    Column("needs_key", Boolean, nullable=False, server_default=text("true")),
    Column("inner_network", Boolean, nullable=False, server_default=text("false")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("added_by", String(100), nullable=False),
    instant("added_at"),
)
