"""The whole database as one file, and back again.

A backup is one consistent snapshot, taken while the lab runs. It leaves out who is signed in. A restore fills a
database of its own and brings it to the newest revision; only then does that take the place of the other, which is
kept under another name. So whatever fails on the way, nothing is lost.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from core.errors import BackupRefused, StoreUnavailable
from core.store.embedded import VERSION
from core.store.migrations import is_known, migrate
from core.store.pgtools import ToolFailed, dump, listing, load
from core.store.urls import libpq_parameters, with_database
from core.store.whole_files import is_whole, published

LEFT_OUT = ("sessions", "sign_in_codes", "instances")
"""Tables that are backed up empty: a session that ended later must not come back, and processes are none of ours."""

CONNECT_LIMIT_S = 5
LEAVE_LIMIT_S = 1.0  # who has hung up is seen for a moment longer
LOOK_EVERY_S = 0.05
LONGEST_NAME = 40  # of PostgreSQL's 63 bytes; the rest is for what is put behind it
_MADE_AT = re.compile(r"^;\s*Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)

NO_BACKUP = "This file is no backup of the lab, or is damaged, so nothing was changed ({}). Use another one."
NEWER_SERVER = "The server is PostgreSQL {}, and the lab's tools are of {}. Use the tools of that server."
IN_USE = "The lab is running, or somebody else uses its database. Stop it first; nothing was changed."
NOT_EMPTY = "The ledger holds {:,} runs, so nothing was changed. To put the backup in their place, add --force."
TOO_NEW = "This backup is of a newer version of the lab, so nothing was changed. Update the lab first."
FORBIDDEN = "The database's user may not create databases, which restoring needs: ALTER ROLE … CREATEDB."
UNREACHABLE = "The database cannot be reached, or refuses ({})."


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, in brief."""

    runs: int
    users: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, when it had been backed up, and as which database the one before is kept ("": it was empty)."""

    contents: Contents
    made_at: datetime
    kept: str


def back_up(url: str, file: Path, *, force: bool = False) -> Contents:
    """Write the database to `file`, which is there whole or not at all. `force`: in the place of another file.

    Raises `BackupRefused` or `StoreUnavailable`, in plain words.
    """
    if file.exists() and not force:
        raise BackupRefused(f"{file} is there already. Choose another name, or add --force to replace it.")
    with _plain_errors(), _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        contents = _contents(connection)
        if contents is None:
            raise BackupRefused("There is nothing to back up: the database has not been set up yet.")
        snapshot = _value(connection, "SELECT pg_export_snapshot()")
        empty = [f"--exclude-table-data={name}" for name in LEFT_OUT]
        with published(file) as output:
            dump(url, output, f"--snapshot={snapshot}", *empty)
    return contents


def restore(url: str, file: Path, *, force: bool = False) -> Restored:
    """Put the database of `file` in the place of this one, migrated. `force`: also in the place of recorded runs.

    Raises `BackupRefused` or `StoreUnavailable`, in plain words; nothing has changed then.
    """
    made_at = _made_at(file)
    with _plain_errors():
        with _connected(url) as connection:
            name, before = connection.info.dbname, _contents(connection)
        if before and before.runs and not force:
            raise BackupRefused(NOT_EMPTY.format(before.runs))
        with _connected(with_database(url, _other_than(name))) as server:
            server.autocommit = True
            contents, kept = _replaced(server, url, name, file)
            if not (before and (before.runs or before.users)):
                _execute(server, "DROP DATABASE {}", kept)
                kept = ""
    return Restored(contents, made_at, kept)


def _replaced(server: psycopg.Connection, url: str, name: str, file: Path) -> tuple[Contents, str]:
    """Put what `file` holds in the place of the database `name`; return it, and what that is called now."""
    _require_unused(server, name)
    fresh = f"{name[:LONGEST_NAME]}_restoring"
    _execute(server, "DROP DATABASE IF EXISTS {}", fresh)
    _execute(server, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", fresh)
    try:
        return _fill(with_database(url, fresh), file), _swap(server, name, fresh)
    except BaseException:
        _execute(server, "DROP DATABASE IF EXISTS {}", fresh)
        raise


def _fill(url: str, file: Path) -> Contents:
    try:
        load(url, file)
    except ToolFailed as error:
        raise BackupRefused(NO_BACKUP.format(error)) from None
    with _connected(url) as connection:
        if not is_known(_value(connection, "SELECT version_num FROM alembic_version")):
            raise BackupRefused(TOO_NEW)
    migrate(url)
    with _connected(url) as connection:
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE)")
        contents = _contents(connection)
    assert contents
    return contents


def _swap(server: psycopg.Connection, name: str, fresh: str) -> str:
    """Let `fresh` take the place of the database `name`, in one transaction, and return what that is called now."""
    kept = f"{name[:LONGEST_NAME]}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with server.transaction():
        _execute(server, "ALTER DATABASE {} RENAME TO {}", name, kept)
        _execute(server, "ALTER DATABASE {} RENAME TO {}", fresh, name)
    return kept


def _require_unused(server: psycopg.Connection, name: str) -> None:
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    end = time.monotonic() + LEAVE_LIMIT_S
    while _value(server, others, name):
        if time.monotonic() > end:
            raise BackupRefused(IN_USE)
        time.sleep(LOOK_EVERY_S)


def _contents(connection: psycopg.Connection) -> Contents | None:
    if not _value(connection, "SELECT num_nonnulls(to_regclass('alembic_version'), to_regclass('llm_usage_logs')) = 2"):
        return None
    runs, users = (_value(connection, f"SELECT count(*) FROM {table}") for table in ("llm_usage_logs", "users"))
    return Contents(runs, users)


def _made_at(file: Path) -> datetime:
    try:
        if not is_whole(file):
            raise BackupRefused(NO_BACKUP.format("its last line does not vouch for it"))
        made_at = _MADE_AT.search(listing(file))
    except OSError as error:
        raise BackupRefused(f"{file} cannot be read ({error.strerror}).") from None
    except ToolFailed as error:
        raise BackupRefused(NO_BACKUP.format(error)) from None
    if made_at is None:
        raise BackupRefused(NO_BACKUP.format("it does not say when it was made"))
    return datetime.strptime(made_at[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _other_than(name: str) -> str:
    """Return a database that is always there, to work from while `name` is renamed."""
    return "template1" if name == "postgres" else "postgres"


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(**libpq_parameters(url), connect_timeout=CONNECT_LIMIT_S)
    try:
        version = connection.info.server_version // 10_000
        if version > int(VERSION):
            raise BackupRefused(NEWER_SERVER.format(version, VERSION))
        yield connection
    finally:
        connection.close()


def _execute(connection: psycopg.Connection, statement: Any, *names: str) -> None:
    connection.execute(SQL(statement).format(*map(Identifier, names)))


def _value(connection: psycopg.Connection, query: Any, *values: str) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.ObjectInUse:
        raise BackupRefused(IN_USE) from None
    except psycopg.errors.InsufficientPrivilege:
        raise BackupRefused(FORBIDDEN) from None
    except ToolFailed as error:
        raise BackupRefused(f"The backup could not be made: {error}") from None
    except OSError as error:
        raise BackupRefused(f"The backup could not be written ({error.strerror}).") from None
    except psycopg.Error as error:
        raise StoreUnavailable(UNREACHABLE.format(type(error).__name__)) from None
