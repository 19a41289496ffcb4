"""Notes of who read or changed what is not their own. They are only ever added to: a trigger sees to it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select

from core.domain.audit import Note
from core.store.database import Database
from core.store.plain import fitting, plain_json
from core.store.recordsets import insert_all
from core.store.tables import audit_log


def write(connection: Connection, note: Note) -> None:
    """Write a note in the transaction of what it is about: both are done, or neither."""
    connection.execute(insert(audit_log).values(_columns(note)))


def write_all(connection: Connection, notes: Sequence[Note]) -> None:
    """Write many notes as `write` does."""
    insert_all(connection, audit_log, [_columns(note) for note in notes])


def _columns(note: Note) -> dict[str, Any]:
    return {
        "actor": note.actor,
        "act": note.act,
        "subject": fitting(note.subject, audit_log.c.subject),
        "details": plain_json(note.details),
    }


class AuditStore:
    """The audit log. Who may not go on without a note lets `StoreUnavailable` pass."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, note: Note, *, again_after: timedelta = timedelta(0)) -> None:
        """Write a note, of what changes nothing; the same is noted once within `again_after`."""

        def work(connection: Connection) -> None:
            if not again_after or not connection.scalar(_noted(note, again_after)):
                write(connection, note)

        self._database.call(work)


def _noted(note: Note, within: timedelta) -> Any:
    same = [audit_log.c[name] == value for name, value in _columns(note).items()]
    return select(exists().where(audit_log.c.at > func.now() - within, *same))
