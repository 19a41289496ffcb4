"""Runs that were refused, and why: everybody's for administrators, the own ones for everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.periods import Period, chosen_days
from core.domain.refusals import Refusal, RefusalPage
from core.store.database import Database
from core.store.notes import NoteStore
from core.store.refusals import RefusalStore

PAGE_SIZE = 50
KEPT = timedelta(days=90)
"""For so long refusals are kept."""

OWN = 10
"""So many of the own refusals are told."""

RECENT = timedelta(days=7)
"""For so long the own refusals are told."""


@dataclass(frozen=True, slots=True)
class RefusalsAsked:
    """Which refusals: a person's by name or id, for one reason by its code, of days, both included."""

    person: str | None = None
    code: str | None = None
    first: date | None = None
    last: date | None = None


class Refusals:
    """What was refused. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        store: RefusalStore,
        notes: NoteStore,
        zone: ZoneInfo,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._notes = notes
        self._zone = zone
        self._now = now

    def page(self, user: User, asked: RefusalsAsked, *, older_than: Refusal | None = None) -> RefusalPage:
        """Return a page of everybody's refusals, the latest first, after another one of the list.

        Raises `Forbidden`, and `InvalidRequest` for days out of order.
        """
        require_admin(user)
        return self._store.page(
            size=PAGE_SIZE,
            user_id=asked.person and (self._notes.id_of(asked.person) or asked.person),
            code=asked.code or None,
            period=chosen_days(asked.first, asked.last, self._zone),
            older_than=older_than,
        )

    def codes(self, user: User) -> list[str]:
        """Return every reason for which anybody was refused. Raises `Forbidden`."""
        require_admin(user)
        return self._store.codes()

    def forget_old(self) -> None:
        """Forget what was refused longer ago than `KEPT`."""
        self._store.forget(self._now() - KEPT)

    def own(self, user: User) -> list[Refusal]:
        """Return the user's own latest refusals, of a week."""
        now = self._now()
        recent = Period(now - RECENT, now + timedelta(minutes=1))
        return self._store.page(size=OWN, user_id=user.id, period=recent).refusals


def refusals_over(store: RefusalStore, database: Database, zone: ZoneInfo) -> Refusals:
    """Return the service of the refusals in `store`, which `database` keeps."""
    return Refusals(store, NoteStore(database), zone)
