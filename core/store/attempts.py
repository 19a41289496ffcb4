"""Sign-in attempts, counted before the password is looked at, so that parallel guesses cannot slip past the bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text

from core.errors import LimitReached
from core.store.database import Database
from core.store.tables import sign_in_failures as failures

WINDOW = timedelta(minutes=5)
"""How long a failed attempt counts."""


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `limit` failures of `subject` (a name or an address, as an opaque key) in the window."""

    subject: str
    limit: int


class AttemptStore:
    """The attempts in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, bounds: Sequence[Bound], now: datetime) -> list[int]:
        """Count an attempt against every bound and return its ids, or raise `LimitReached` and count nothing.

        An advisory lock for each subject makes the count exact; they are taken in the order given.
        """

        def work(connection: Connection) -> list[int]:
            return [_count(connection, bound, now) for bound in bounds]

        return self._database.call(work)

    def succeeded(self, attempts: Sequence[int], subject: str, now: datetime) -> None:
        """Forget an attempt that was no failure, all earlier failures of `subject`, and what counts no more."""
        forgettable = failures.c.id.in_(attempts) | (failures.c.subject == subject) | _old(now)
        unlocked = select(failures.c.id).where(forgettable).with_for_update(skip_locked=True)
        self._database.call(lambda connection: connection.execute(delete(failures).where(failures.c.id.in_(unlocked))))


def _count(connection: Connection, bound: Bound, now: datetime) -> int:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": bound.subject})
    mine = (failures.c.subject == bound.subject) & ~_old(now)
    used, oldest = connection.execute(select(func.count(), func.min(failures.c.failed_at)).where(mine)).one()
    if used >= bound.limit:
        raise LimitReached(
            "Too many attempts to sign in. Wait a few minutes and try again.",
            limit=bound.limit,
            used=used,
            resets_at=oldest + WINDOW,
        )
    row = {"subject": bound.subject, "failed_at": now}
    attempt: int = connection.execute(insert(failures).values(row).returning(failures.c.id)).scalar_one()
    return attempt


def _old(now: datetime) -> ColumnElement[bool]:
    return failures.c.failed_at <= now - WINDOW
