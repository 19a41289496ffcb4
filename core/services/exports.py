"""A user's runs as a file, as long as it may be: it is made piece by piece, while it is taken.

Nobody takes another's away, but administrators do: a note of it is made first, and without the note they get nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from threading import Lock

from core.domain.access import reads_everybodys_texts
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.periods import Period
from core.domain.queries import HistoryFilter
from core.errors import Forbidden, LimitReached
from core.services.export_formats import COLUMNS, FORMS, File, Form, Format
from core.store.audit import AuditStore
from core.store.export_rows import ExportRows
from core.store.history import HistoryStore

AT_ONCE = 2
"""So many files one user may take at once, in this process."""

SAMPLED = 500
"""From so many runs it is guessed how large a file will be."""

TOO_MANY_FILES = f"You are downloading {AT_ONCE} files already. Wait until one of them is done, or cancel it."

ONLY_ADMINISTRATORS = "Only administrators may download other people's runs. Ask for your own."

_EVERYBODYS = tuple(COLUMNS)
_OWN = tuple(name for name in COLUMNS if name != "person")
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is made as `pieces` are taken, each a short wait for the database. `runs` were counted before."""

    name: str
    media_type: str
    runs: int
    pieces: File


@dataclass(frozen=True, slots=True)
class Preview:
    """How many runs a file would hold, and how many bytes it would have, by format: a guess where there are many."""

    runs: int
    sizes: Mapping[Format, int]

    @property
    def estimated(self) -> bool:
        """Whether the sizes are reckoned from a part of the runs."""
        return self.runs > SAMPLED


class Exports:
    """Files of a user's own runs, newest first, those under way included; for administrators everybody's.

    Safe to call from any thread; all but `place` wait for the database.
    """

    def __init__(
        self,
        rows: ExportRows,
        history: HistoryStore,
        audit: AuditStore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rows = rows
        self._history = history
        self._audit = audit
        self._now = now
        self._lock = Lock()
        self._taking: Counter[str] = Counter()

    @contextmanager
    def place(self, user: User) -> Iterator[None]:
        """Hold one of the user's places while a file is taken. Raises `LimitReached` if there is none left."""
        with self._lock:
            if self._taking[user.id] >= AT_ONCE:
                raise LimitReached(TOO_MANY_FILES, limit=AT_ONCE, used=AT_ONCE, resets_at=None)
            self._taking[user.id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taking -= Counter([user.id])

    def open(self, user: User, filter: HistoryFilter, format: Format, *, everybody: bool = False) -> Export:
        """Begin a file of the runs that the filter lets through and that have begun by now.

        `everybody` asks for other people's too, which is noted. Raises `Forbidden` if that is not the user's to read.
        """
        asked, form = self._readable(user, filter, everybody), FORMS[format]
        if everybody:
            self._note(user, filter, format)
        runs, columns = self._history.count(asked), _columns(everybody)
        pieces = (piece.text for piece in self._rows.pieces(asked, form.lines, columns))
        return Export(f"runs.{format}", form.media_type, runs, form.file(pieces, columns))

    def preview(self, user: User, filter: HistoryFilter, *, everybody: bool = False) -> Preview:
        """Tell beforehand how large a file `open` would give. Raises `Forbidden` as it does."""
        asked, columns = self._readable(user, filter, everybody), _columns(everybody)
        runs = self._history.count(asked)
        return Preview(runs, {format: self._size(asked, form, columns, runs) for format, form in FORMS.items()})

    def _size(self, asked: HistoryFilter, form: Form, columns: Sequence[str], runs: int) -> int:
        sample = self._rows.piece(asked, form.lines, columns, size=SAMPLED)
        size = sum(map(len, form.file([sample.text] if sample.runs else [], columns)))
        return size * runs // sample.runs if sample.runs else size

    def _readable(self, user: User, filter: HistoryFilter, everybody: bool) -> HistoryFilter:
        """What begins while a file is taken is not in it, so that it holds what was counted."""
        if everybody and not reads_everybodys_texts(user.role):
            raise Forbidden(ONLY_ADMINISTRATORS)
        period, now = filter.period, self._now()
        start, end = (period.start, min(period.end, now)) if period else (_EVER, now)
        return replace(filter, user_id=filter.user_id if everybody else user.id, period=Period(start, end))

    def _note(self, user: User, filter: HistoryFilter, format: Format) -> None:
        asked = {name: value for name, value in asdict(filter).items() if value}
        details = {"format": format, "filter": asked}
        self._audit.note(Note(user.id, "export runs", filter.user_id or "everybody", details))


def _columns(everybody: bool) -> tuple[str, ...]:
    return _EVERYBODYS if everybody else _OWN
