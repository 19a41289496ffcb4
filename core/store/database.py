"""The one way to PostgreSQL: a piece of work, in one transaction, in a worker thread, under a time limit of our own.

A frozen server heeds none of its own time-outs, so the clock is the caller's. A caller who gives up cuts the
connection's socket, which wakes the worker; work that was given up is rolled back, unless its commit was under way.
"""

import logging
import os
import select
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from threading import Lock
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.pool import QueuePool

from core.errors import StoreUnavailable
from core.store.migrations import newest_revision
from core.store.urls import driver_url

T = TypeVar("T")

SHORTEST_CONNECT_LIMIT_S = 2  # psycopg rounds anything shorter up to this

_log = logging.getLogger(__name__)


class StoreRefused(StoreUnavailable):
    """The database is there, and would not do what it was asked: what was asked is at fault."""


class Database:
    """A PostgreSQL database. Safe to call from any thread except an event loop's own: every call blocks."""

    def __init__(self, url: str, *, limit_s: float = 5.0, pool_size: int = 10) -> None:
        self._limit_s = limit_s
        self._pool_size = pool_size
        self._engine = create_engine(
            driver_url(url, statement_timeout=f"{ceil(limit_s * 1000)}ms"),
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            use_native_hstore=False,
            hide_parameters=True,
            connect_args={"connect_timeout": max(SHORTEST_CONNECT_LIMIT_S, ceil(limit_s))},
        )
        self._workers = ThreadPoolExecutor(pool_size, thread_name_prefix="database")
        self._stuck: set[Future[Any]] = set()

    @property
    def limit_s(self) -> float:
        """The longest that a call without a limit of its own takes, in seconds."""
        return self._limit_s

    def call(self, work: Callable[[Connection], T], *, limit_s: float | None = None) -> T:
        """Run `work` in a transaction of its own and return what it returns.

        Raises `StoreUnavailable` within `limit_s` seconds, waiting for a free worker included, and for every error of
        the database: `StoreRefused` where it is there, and asking again is of no use. Whatever else `work` raises
        passes through; nothing is kept then.
        """
        if len(self._stuck) >= self._pool_size:
            raise StoreUnavailable(UNREACHABLE)
        attempt = _Attempt(limit_s)
        try:
            future = self._workers.submit(self._transact, attempt, work)
        except RuntimeError as error:
            raise StoreUnavailable(UNREACHABLE) from error
        try:
            return future.result(self._limit_s if limit_s is None else limit_s)
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            self._give_up(attempt, future)
            _log.warning("The database could not do its work: %s", _kind(error))
            raise _refusal(error) from error

    def ready(self) -> bool:
        """Return whether the database answers and is migrated to what this program needs."""
        try:
            return self.call(_revision) == newest_revision()
        except StoreUnavailable:
            return False

    @property
    def pool_size(self) -> int:
        """How many connections there are at most."""
        return self._pool_size

    @property
    def in_use(self) -> int:
        """How many connections are at work now."""
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()

    def close(self) -> None:
        """Let the calls under way end, then close every connection."""
        self._workers.shutdown(cancel_futures=True)
        self._engine.dispose()

    def _transact(self, attempt: "_Attempt", work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            if _readable(_descriptor(connection)):  # nothing was asked, so this is the server hanging up
                connection.invalidate()
            attempt.attach(_descriptor(connection))
            try:
                with connection.begin():
                    attempt.lengthen(connection)
                    result = work(connection)
                    attempt.check()
                return result
            finally:
                if attempt.detach():
                    connection.invalidate()

    def _give_up(self, attempt: "_Attempt", future: Future[T]) -> None:
        if future.cancel() or future.done():
            return
        self._stuck.add(future)
        future.add_done_callback(self._stuck.discard)
        attempt.give_up()


UNREACHABLE = "The database cannot be reached right now, so nothing was done. Try again in a moment."


class _GivenUp(Exception):
    """The caller no longer waits, so nothing may be committed."""


class _Attempt:
    """One call, seen by two threads: the worker that does it and the caller who may give it up."""

    def __init__(self, limit_s: float | None) -> None:
        self._limit_s = limit_s
        self._lock = Lock()
        self._descriptor: int | None = None
        self._given_up = False

    def attach(self, descriptor: int) -> None:
        with self._lock:
            self._descriptor = descriptor
        self.check()

    def detach(self) -> bool:
        """Let go of the connection; returns whether it was cut."""
        with self._lock:
            self._descriptor = None
            return self._given_up

    def check(self) -> None:
        if self._given_up:
            raise _GivenUp

    def lengthen(self, connection: Connection) -> None:
        """Give the statements of this transaction the call's own limit, where it has one."""
        if self._limit_s is not None:
            connection.execute(text(f"SET LOCAL statement_timeout = {ceil(self._limit_s * 1000)}"))

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True
            if self._descriptor is not None:
                _cut(self._descriptor)


def _revision(connection: Connection) -> object:
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _descriptor(connection: Connection) -> int:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver.fileno()


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _cut(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _refusal(error: Exception) -> StoreUnavailable:
    at_fault = isinstance(error, StatementError) and not isinstance(error, (OperationalError, InterfaceError))
    return (StoreRefused if at_fault else StoreUnavailable)(UNREACHABLE)


def _kind(error: Exception) -> str:
    """Name an error without the values that its text may quote."""
    cause = getattr(error, "orig", None) or error
    return " ".join(filter(None, (type(cause).__name__, getattr(cause, "sqlstate", None))))
