"""The providers that administrators added. Runs keep the name of one that is gone."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.domain.audit import Note, difference
from core.domain.providers import AddedProvider
from core.errors import InvalidRequest, NotFound
from core.store import audit
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.keys import forget_provider
from core.store.tables import added_providers

_COLUMNS = (
    added_providers.c.name,
    added_providers.c.display_name,
    added_providers.c.base_url,
    added_providers.c.needs_key,
    added_providers.c.inner_network,
    added_providers.c.enabled,
)
GONE = "There is no such provider. Somebody may have removed it."


class ProviderStore:
    """The rows in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[AddedProvider]:
        """Return every provider that was added, disabled ones included, by name."""
        rows = select(*_COLUMNS).order_by(added_providers.c.name)
        return self._database.call(lambda connection: [AddedProvider(*row) for row in connection.execute(rows)])

    def add(self, provider: AddedProvider, actor: str, at: datetime) -> None:
        """Add a provider, and note it. Raises `InvalidRequest` if the name is taken."""

        def work(connection: Connection) -> None:
            values = asdict(provider) | {"added_by": actor, "added_at": at}
            row = insert(added_providers).values(values).on_conflict_do_nothing().returning(added_providers.c.name)
            if connection.execute(row).first() is None:
                raise InvalidRequest(f"There is a provider named {provider.name} already. Choose another name.")
            _changed(connection, Note(actor, "add provider", provider.name, difference({}, _told(provider))))

        self._database.call(work)

    def change(self, provider: AddedProvider, actor: str) -> None:
        """Have `provider` take the place of the one of its name, and note what that changes. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            before, after = _told(_locked(connection, provider.name)), _told(provider)
            if before != after:
                change = update(added_providers).where(added_providers.c.name == provider.name)
                connection.execute(change.values(asdict(provider)))
                _changed(connection, Note(actor, "change provider", provider.name, difference(before, after)))

        self._database.call(work)

    def remove(self, name: str, actor: str) -> None:
        """Remove a provider and every key for it, and note it. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            before = _told(_locked(connection, name))
            connection.execute(delete(added_providers).where(added_providers.c.name == name))
            details = {**difference(before, {}), "keys_removed": forget_provider(connection, name)}
            _changed(connection, Note(actor, "remove provider", name, details))

        self._database.call(work)


def _locked(connection: Connection, name: str) -> AddedProvider:
    row = connection.execute(select(*_COLUMNS).where(added_providers.c.name == name).with_for_update()).first()
    if row is None:
        raise NotFound(GONE)
    return AddedProvider(*row)


def _told(provider: AddedProvider) -> dict[str, Any]:
    return {name: value for name, value in asdict(provider).items() if name != "name"}


def _changed(connection: Connection, note: Note) -> None:
    audit.write(connection, note)
    bump(connection, Topic.PROVIDERS)
