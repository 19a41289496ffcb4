"""What all tables share. Every instant is `timestamptz`, every amount exact `NUMERIC`."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, String, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


EMPTY = text("'{}'::jsonb")
NEWEST_FIRST = (text("created_at DESC"), text("id DESC"))


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column for an instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def user_id(*, primary_key: bool = False) -> Column[Any]:
    """Return a column for the user whose row it is: it goes with the account."""
    reference = ForeignKey("users.id", ondelete="CASCADE")
    return Column("user_id", String(100), reference, nullable=False, primary_key=primary_key)
