"""What has changed, told to every process: a number for each topic, which goes up with each change.

Whoever changes something bumps its topic in the same transaction; who keeps a copy in memory looks at the numbers now
and then, and reads anew what has moved on.
"""

from enum import StrEnum

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from core.store.database import Database
from core.store.tables import changes


class Topic(StrEnum):
    """What processes keep copies of."""

    KEYS = "keys"
    PROVIDERS = "providers"
    MODELS = "models"
    TIERS = "tiers"
    SETTINGS = "settings"


def bump(connection: Connection, topic: Topic) -> None:
    """Say, once the transaction is done, that something of `topic` has changed."""
    first = insert(changes).values(topic=topic, version=1)
    more = {"version": changes.c.version + 1}
    connection.execute(first.on_conflict_do_update(index_elements=["topic"], set_=more))


class ChangeStore:
    """The numbers of the topics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def versions(self) -> dict[str, int]:
        """Return the number of each topic that was ever changed. Raises `StoreUnavailable`."""
        rows = self._database.call(lambda connection: connection.execute(select(changes)).all())
        return {row.topic: row.version for row in rows}
