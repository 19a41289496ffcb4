"""This process in the eyes of the others: an advisory lock, held on a connection of its own for as long as it lives.

The lock goes with the connection, so with the process, however that ends. A lost connection is made anew.
"""

import logging
from datetime import UTC, datetime
from secrets import randbits
from threading import Event, Thread

from sqlalchemy import Connection, create_engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.errors import StoreUnavailable
from core.store.database import UNREACHABLE
from core.store.tables import instances
from core.store.urls import driver_url

CONNECT_LIMIT_S = 5
CLOSE_LIMIT_S = 2.0

_log = logging.getLogger(__name__)


class Instance:
    """One process that owns runs. `id` is its number in the ledger."""

    def __init__(self, database_url: str, *, look_every_s: float = 2.0) -> None:
        self.id = randbits(62)
        self._engine = create_engine(
            driver_url(database_url),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            connect_args={"connect_timeout": CONNECT_LIMIT_S},
        )
        self._look_every_s = look_every_s
        self._closing = Event()
        self._connection: Connection | None = None
        self._watch = Thread(target=self._keep, name="instance", daemon=True)

    def open(self) -> None:
        """Take the lock and keep it from now on. Raises `StoreUnavailable`; may then be called again."""
        try:
            self._connection = self._take()
        except SQLAlchemyError as error:
            raise StoreUnavailable(UNREACHABLE) from error
        self._watch.start()

    def close(self) -> None:
        """Let the lock go: whatever this process still had started is an orphan from now on."""
        self._closing.set()
        if self._watch.is_alive():
            self._watch.join(CLOSE_LIMIT_S)
        self._engine.dispose()

    def _take(self) -> Connection:
        connection = self._engine.connect()
        try:
            connection.execute(select(func.pg_advisory_lock(self.id)))
            row = insert(instances).values(id=self.id, started_at=datetime.now(UTC))
            connection.execute(row.on_conflict_do_nothing())
        except SQLAlchemyError:
            connection.close()
            raise
        return connection

    def _keep(self) -> None:
        while not self._closing.wait(self._look_every_s):
            try:
                self._look()
            except SQLAlchemyError:
                _log.warning("The database is away; other processes may take this one for dead until it is back")
                self._drop()
        self._leave()

    def _look(self) -> None:
        if self._connection is None:
            self._connection = self._take()
        self._connection.execute(select(1))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _leave(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute(delete(instances).where(instances.c.id == self.id))
            self._connection.close()
        except SQLAlchemyError:
            self._drop()
