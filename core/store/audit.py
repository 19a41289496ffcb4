"""Notes of who read or changed what is not their own. They are only ever added to: a trigger sees to it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select

from core.store.database import Database
from core.store.plain import fitting, plain_json
from core.store.tables import audit_log


class AuditStore:
    """The audit log. Who may not go on without a note lets `StoreUnavailable` pass."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        actor: str,
        act: str,
        subject: str,
        details: Mapping[str, Any],
        *,
        again_after: timedelta = timedelta(0),
    ) -> None:
        """Note that the user `actor` did `act` to `subject`; the same is noted once within `again_after`.

        Texts of runs are no details.
        """
        note = {
            "actor": actor,
            "act": act,
            "subject": fitting(subject, audit_log.c.subject),
            "details": plain_json(details),
        }

        def work(connection: Connection) -> None:
            if not again_after or not connection.scalar(_noted(note, again_after)):
                connection.execute(insert(audit_log).values(note))

        self._database.call(work)


def _noted(note: Mapping[str, Any], within: timedelta) -> Any:
    same = [audit_log.c[name] == value for name, value in note.items()]
    return select(exists().where(audit_log.c.at > func.now() - within, *same))
