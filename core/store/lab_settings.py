"""The settings that administrators keep for the whole lab, by name, as JSON."""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from core.domain.audit import Note
from core.store import audit
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.tables import lab_settings


class LabSettingStore:
    """The settings in the database. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str) -> Any:
        """Return what is set, or None."""
        found = select(lab_settings.c.value).where(lab_settings.c.name == name)
        return self._database.call(lambda connection: connection.scalar(found))

    def remember(self, name: str, value: Any) -> None:
        """Keep what the lab itself wants to know again; nobody is told."""
        self._database.call(lambda connection: _set(connection, name, value))

    def put(self, name: str, value: Any, note: Note) -> None:
        """Set `value`, write the note of it, and tell every process."""

        def work(connection: Connection) -> None:
            _set(connection, name, value)
            audit.write(connection, note)
            bump(connection, Topic.SETTINGS)

        self._database.call(work)


def _set(connection: Connection, name: str, value: Any) -> None:
    row = insert(lab_settings).values(name=name, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value}))
