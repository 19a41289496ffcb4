"""The runs that a user has made: read page by page, opened whole.

Nobody reads another's, but administrators do: a note of it is made first, and without the note they read nothing.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.domain.access import reads_everybodys_texts
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.periods import EARLIEST, LATEST, Period, chosen_days, days
from core.domain.queries import HistoryFilter, HistoryList, HistoryPage, Position
from core.domain.runs import RunRecord, RunStatus
from core.errors import InvalidRequest, NotFound
from core.store.audit import AuditStore
from core.store.history import HistoryStore

PAGE_SIZE = 50
MAX_PAGE_SIZE = 100

NOTED_AGAIN_AFTER = timedelta(minutes=10)
"""How long one note of the same reading will do: a page is drawn again with every click."""


class History:
    """A user's own runs; for administrators everybody's, where they ask for them."""

    def __init__(
        self, store: HistoryStore, zone: ZoneInfo, audit: AuditStore, names: Callable[[], dict[str, str]]
    ) -> None:
        """`names` tells the user names by user id."""
        self._store = store
        self._zone = zone
        self._audit = audit
        self._names = names

    def page(
        self,
        user: User,
        filter: HistoryFilter,
        *,
        everybody: bool = False,
        size: int = PAGE_SIZE,
        older_than: Position | None = None,
        newer_than: Position | None = None,
    ) -> HistoryPage:
        """Return at most `size` runs (100 at most), newest first, on one side of a position or from the newest on.

        `everybody` asks for other people's too, which is granted to administrators only, and noted.
        """
        size = min(max(size, 1), MAX_PAGE_SIZE)
        granted = everybody and reads_everybodys_texts(user.role)
        readable = self._everybodys(user, filter) if granted else _own(user, filter)
        return self._store.page(readable, size=size, older_than=older_than, newer_than=newer_than)

    def people(self, user: User) -> dict[str, str]:
        """Return the user names, by user id, of those whose runs the user may read beside the own: mostly nobody."""
        return self._names() if reads_everybodys_texts(user.role) else {}

    def entries(
        self,
        user: User,
        filter: HistoryFilter,
        *,
        size: int = PAGE_SIZE,
        skip: int = 0,
        older_than: Position | None = None,
    ) -> HistoryList:
        """Return at most `size` runs that have ended (100 at most) with their texts, newest first, after `skip`."""
        size = min(max(size, 1), MAX_PAGE_SIZE)
        ended = replace(_own(user, filter), ended=True)
        return self._store.entries(ended, size=size, skip=skip, older_than=older_than)

    def ended(self, user: User, run_id: UUID | str) -> RunRecord:
        """Return one of the user's own runs whole, once it has ended. Raises `NotFound`."""
        record = self._find(run_id)
        if record.user_id != user.id:
            raise _missing()
        if record.status is RunStatus.STARTED:
            raise NotFound("This run is still going. It is in your history when it has ended.")
        return record

    def open(self, user: User, run_id: UUID | str) -> RunRecord:
        """Return one run whole. An administrator may open another's, which is noted.

        Raises `NotFound` for one that is not there, or not this user's to read.
        """
        record = self._find(run_id)
        if record.user_id == user.id:
            return record
        if not reads_everybodys_texts(user.role):
            raise _missing()
        self._note(user, "read run", str(record.id), {"owner": record.user_id})
        return record

    def until(self, day: date) -> Position:
        """Return the place in the history at which the local day ends."""
        if not EARLIEST <= day <= LATEST:
            raise InvalidRequest("No run can be of that day. Choose another one.")
        return Position.before(days(day, day, self._zone).end)

    def period(self, first_day: date | None, last_day: date | None) -> Period | None:
        """Return the local days from first to last, both included; None stands for an open end, or for no period."""
        return chosen_days(first_day, last_day, self._zone)

    def _everybodys(self, user: User, filter: HistoryFilter) -> HistoryFilter:
        asked = {name: value for name, value in asdict(filter).items() if value}
        self._note(user, "list runs", filter.user_id or "everybody", {"filter": asked})
        return filter

    def _note(self, user: User, act: str, subject: str, details: dict[str, Any]) -> None:
        self._audit.note(Note(user.id, act, subject, details), again_after=NOTED_AGAIN_AFTER)

    def _find(self, run_id: UUID | str) -> RunRecord:
        record = self._store.find(_uuid(run_id))
        if record is None:
            raise _missing()
        return record


def _own(user: User, filter: HistoryFilter) -> HistoryFilter:
    return replace(filter, user_id=user.id)


def _uuid(run_id: UUID | str) -> UUID:
    try:
        return run_id if isinstance(run_id, UUID) else UUID(run_id)
    except ValueError:
        raise _missing() from None


def _missing() -> NotFound:
    return NotFound("There is no such run in your history.")
