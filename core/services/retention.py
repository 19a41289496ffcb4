"""How long the texts of runs stay: cleared every hour when their time has passed, or at once where it is asked for.

What is cleared is counted afterwards: that nothing is left is told only after it was looked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.audit import Note
from core.services.lab_settings import LabSettings
from core.store.audit import AuditStore
from core.store.database import Database
from core.store.lab_settings import LabSettingStore
from core.store.ledger import Ledger
from core.store.spool import Spool
from core.store.texts import Left, TextStore

__all__ = ["Left", "Purged", "Retention"]

CLEARED = "texts_cleared_before"


@dataclass(frozen=True, slots=True)
class Purged:
    """What was older than it may be before and after, and the instant that says how old."""

    before: Left
    after: Left
    limit: datetime


class Retention:
    """Clears the texts of runs. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        settings: LabSettings,
        store: LabSettingStore,
        ledger: Ledger,
        texts: TextStore,
        spool: Spool,
        audit: AuditStore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self._store = store
        self._ledger = ledger
        self._texts = texts
        self._spool = spool
        self._audit = audit
        self._now = now

    def clear(self) -> None:
        """Clear what is too old. What lay beside the texts is looked for from where this was done last."""
        limit, known = self._limit(), self._store.find(CLEARED)
        self._clear(limit, datetime.fromisoformat(known) if known else None)
        if not known or limit > datetime.fromisoformat(known):
            self._store.remember(CLEARED, limit.isoformat())

    def overdue(self, user: User) -> Left:
        """Count what is too old. Raises `Forbidden`."""
        require_admin(user)
        return self._left(self._limit())

    def purge(self, user: User) -> Purged:
        """Clear all that is too old now, wherever it lies, and count what is left. Raises `Forbidden`."""
        require_admin(user)
        limit = self._limit()
        before = self._left(limit)
        self._clear(limit, None)
        after = self._left(limit)
        counts = {"before": before.all, "after": after.all}
        self._audit.note(Note(user.id, "purge texts", "texts", {"older_than": limit.isoformat(), "left": counts}))
        return Purged(before, after, limit)

    def _limit(self) -> datetime:
        return self._now() - timedelta(days=self.settings.retention_days)

    def _clear(self, limit: datetime, since: datetime | None) -> None:
        self._ledger.clear_texts(limit)
        self._texts.clear(limit, since)
        self._spool.clear_texts(limit)

    def _left(self, limit: datetime) -> Left:
        found = self._texts.left(limit)
        return Left(found.texts, found.excerpts, found.errors, self._spool.older(limit))


def retention_over(settings: LabSettings, database: Database, ledger: Ledger, spool: Spool) -> Retention:
    """Return the service of the texts that `database` and `spool` keep."""
    store, texts = LabSettingStore(database), TextStore(database)
    return Retention(settings, store, ledger, texts, spool, AuditStore(database))
