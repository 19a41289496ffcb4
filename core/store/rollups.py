"""Keeping the rollups in step with the ledger.

The ledger's triggers note every change of a settled run in `rollup_changes`, in the same transaction, whoever makes it.
`fold` takes the notes and adds what they come to to the rollups. So whoever folds before reading reads exactly what the
ledger holds; a background chore folds as well, so that there is never much to do.
"""

import logging
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from core.store.database import Database
from core.store.rollup_sql import DIFFERENCES, FOLD, REBUILD

REBUILD_LIMIT_S = 3600.0
FOLD_LIMIT_S = 60.0
REBUILD_MEMORY = "256MB"
"""For sorting: a histogram that grows takes some kilobytes, too many to keep one for each key at once."""
PATIENCE_S, LOOK_S = 2.0, 0.02
_LOCK = 0x726F6C6C7570  # any number that nobody else locks
_NOTED = "SELECT EXISTS (SELECT FROM rollup_changes)"

_log = logging.getLogger(__name__)


class Rollups:
    """The rollups of the days of `zone`. Every method raises `StoreUnavailable` if the database is away."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    @property
    def database(self) -> Database:
        """Where they are."""
        return self._database

    @property
    def zone(self) -> ZoneInfo:
        """Whose days they are of."""
        return self._zone

    def prepare(self) -> None:
        """Make the rollups anew if they are of another zone, or were never made. It takes a minute for some million
        runs."""
        if not self._database.call(self._is_made):
            _log.info("the rollups are made for the days of %s", self._zone.key)
            self.rebuild()

    def fold(self) -> None:
        """Bring the rollups into step with the ledger. Cheap when nothing has changed.

        While somebody makes them anew, they are left as they were before.
        """
        if self._database.call(self._behind):
            self._database.call(self._catch_up, limit_s=FOLD_LIMIT_S)

    def rebuild(self) -> int:
        """Make the rollups anew from the ledger, which goes on meanwhile, and return how many there are."""
        return self._database.call(self._make_anew, limit_s=REBUILD_LIMIT_S)

    def differences(self) -> int:
        """Return how many rollups are other than the ledger says: none, unless something is broken."""
        return self._database.call(self._compare, limit_s=REBUILD_LIMIT_S)

    def _behind(self, connection: Connection) -> bool:
        return not self._is_made(connection) or bool(connection.scalar(text(_NOTED)))

    def _is_made(self, connection: Connection) -> bool:
        made = "SELECT EXISTS (SELECT FROM rollup_zone WHERE zone = :zone)"
        return bool(connection.scalar(text(made), self._parameters))

    def _catch_up(self, connection: Connection) -> None:
        if not _alone_within(connection, PATIENCE_S):
            return
        if self._is_made(connection):
            connection.execute(text(FOLD), self._parameters)
        else:
            self._fill(connection)

    def _make_anew(self, connection: Connection) -> int:
        _alone(connection)
        self._fill(connection)
        return int(connection.scalar(text("SELECT count(*) FROM rollups")) or 0)

    def _fill(self, connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL work_mem = '{REBUILD_MEMORY}'; SET LOCAL enable_hashagg = off"))
        for table in ("rollups", "rollup_errors", "rollup_zone"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text(REBUILD), self._parameters)
        connection.execute(text("INSERT INTO rollup_zone VALUES (:zone)"), self._parameters)
        connection.execute(text("ANALYZE rollups, rollup_errors"))

    def _compare(self, connection: Connection) -> int:
        return int(connection.scalar(text(DIFFERENCES), self._parameters) or 0)

    @property
    def _parameters(self) -> dict[str, str]:
        return {"zone": self._zone.key}


def _alone(connection: Connection) -> None:
    """Wait until nobody else changes the rollups, and let nobody do so until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _alone_within(connection: Connection, patience_s: float) -> bool:
    """Do as `_alone` does, for so long at most; return whether it came to that."""
    end = monotonic() + patience_s
    while not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
        if monotonic() > end:
            return False
        sleep(LOOK_S)
    return True
