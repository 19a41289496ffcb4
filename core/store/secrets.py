"""Sealed secrets, a row for each owner and purpose. What is in them is not known here: see `core.secrets.Vault`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select
from sqlalchemy.dialects.postgresql import Insert, insert

from core.store.database import Database
from core.store.tables import sealed_secrets as secrets


class SecretStore:
    """The sealed secrets in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, owner: str, purpose: str) -> str | None:
        """Return what is kept, or None."""
        return self._database.call(lambda connection: _kept(connection, owner, purpose))

    def put(self, owner: str, purpose: str, sealed: str) -> None:
        """Keep `sealed`, in the place of what was kept before."""
        row = _row(owner, purpose, sealed)
        new = {"sealed": row.excluded.sealed, "sealed_at": row.excluded.sealed_at}
        upsert = row.on_conflict_do_update(constraint=secrets.primary_key, set_=new)
        self._database.call(lambda connection: connection.execute(upsert))

    def put_first(self, owner: str, purpose: str, sealed: str) -> str:
        """Keep `sealed` unless something is kept already, and return what is; of several at once, one is the first."""

        def work(connection: Connection) -> str:
            connection.execute(_row(owner, purpose, sealed).on_conflict_do_nothing())
            return _kept(connection, owner, purpose) or sealed

        return self._database.call(work)

    def drop(self, owner: str, purpose: str) -> None:
        """Forget what is kept; without effect if nothing is."""
        self._database.call(lambda connection: connection.execute(delete(secrets).where(_of(owner, purpose))))


def _row(owner: str, purpose: str, sealed: str) -> Insert:
    values: dict[str, Any] = {"owner": owner, "purpose": purpose, "sealed": sealed, "sealed_at": datetime.now(UTC)}
    return insert(secrets).values(values)


def _of(owner: str, purpose: str) -> ColumnElement[bool]:
    return (secrets.c.owner == owner) & (secrets.c.purpose == purpose)


def _kept(connection: Connection, owner: str, purpose: str) -> str | None:
    return connection.scalar(select(secrets.c.sealed).where(_of(owner, purpose)))
