"""The audit log as administrators read it: by pages, note by note, and whole as a file, which is noted too."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.audit import KeptNote, Note, NoteFilter, NotePage, NotePlace
from core.domain.periods import chosen_days
from core.errors import NotFound
from core.services.export_formats import File
from core.services.exports import Export
from core.store.audit import AuditStore
from core.store.database import Database
from core.store.export_rows import FORMULA_STARTS
from core.store.notes import NoteStore

PAGE_SIZE = 50
MOST_OFFERED = 200
"""So many people can be chosen from; of more, the name is typed."""
PIECE = 1_000
"""So many notes of a file are made at once."""

Names = Mapping[str, str]


class AuditFormat(StrEnum):
    """What the log comes as, by the ending of a file's name."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class NotesAsked:
    """Which notes somebody asks for, in the words of people: names or ids, and days, both included."""

    who: str | None = None
    act: str | None = None
    subject: str | None = None
    first: date | None = None
    last: date | None = None
    words: str | None = None


class Audit:
    """The audit log. Every method raises `Forbidden` for who is no administrator, and may raise `StoreUnavailable`."""

    def __init__(self, notes: NoteStore, audit: AuditStore, zone: ZoneInfo) -> None:
        self._notes = notes
        self._audit = audit
        self._zone = zone

    def page(
        self,
        user: User,
        asked: NotesAsked,
        *,
        older_than: NotePlace | None = None,
        newer_than: NotePlace | None = None,
    ) -> NotePage:
        """Return a page of notes, newest first. Raises `InvalidRequest` for days out of order."""
        require_admin(user)
        return self._notes.page(self._filter(asked), size=PAGE_SIZE, older_than=older_than, newer_than=newer_than)

    def open(self, user: User, note_id: int) -> tuple[KeptNote, Names]:
        """Return one note, and the names by id of the people in it. Raises `NotFound`."""
        require_admin(user)
        found = self._notes.find(note_id)
        if found is None:
            raise NotFound("There is no such note.")
        return found

    def acts(self, user: User) -> list[str]:
        """Return what was ever done."""
        require_admin(user)
        return self._notes.acts()

    def actors(self, user: User) -> dict[str, str] | None:
        """Return who ever did anything: names by id, of erased people their id; None if they are too many to choose
        from."""
        require_admin(user)
        return self._notes.actors(MOST_OFFERED)

    def count(self, user: User, asked: NotesAsked) -> int:
        """Return how many notes a file would hold."""
        require_admin(user)
        return self._notes.count(self._filter(asked))

    def export(self, user: User, asked: NotesAsked, format: AuditFormat) -> Export:
        """Begin a file of all notes that were asked for, newest first, and note that it was taken: the note of it is
        not in it."""
        require_admin(user)
        filter = self._filter(asked)
        runs, newest = self._notes.count(filter), self._notes.piece(NoteFilter(), size=1)[0]
        told = {name: value for name, value in asdict(filter).items() if value}
        self._audit.note(Note(user.id, "export audit", "the audit log", {"format": format, "filter": told}))
        made = self._made(filter, NotePlace(newest[0].at, newest[0].id + 1) if newest else None)
        file, media_type = _FILES[format]
        return Export(f"audit.{format}", media_type, runs, file(made))

    def _made(self, filter: NoteFilter, place: NotePlace | None) -> Iterator[list[dict[str, Any]]]:
        while place is not None:
            notes, names = self._notes.piece(filter, size=PIECE, older_than=place)
            yield [_told(note, names) for note in notes]
            place = notes[-1].place if len(notes) == PIECE else None

    def _filter(self, asked: NotesAsked) -> NoteFilter:
        return NoteFilter(
            actor=asked.who and (self._notes.id_of(asked.who) or asked.who),
            act=asked.act or None,
            subject=asked.subject and (self._notes.id_of(asked.subject) or asked.subject),
            period=chosen_days(asked.first, asked.last, self._zone),
            words=self._words(asked.words),
        )

    def _words(self, words: str | None) -> tuple[str, ...]:
        """A user's name stands for the user's id as well, which is what notes hold."""
        found = self._notes.id_of(words) if words else None
        return tuple(filter(None, (words, found)))


def audit_over(database: Database, zone: ZoneInfo) -> Audit:
    """Return the log that `database` keeps."""
    return Audit(NoteStore(database), AuditStore(database), zone)


def _told(note: KeptNote, names: Names) -> dict[str, Any]:
    return {
        "at": note.at.isoformat(),
        "actor": names.get(note.actor, note.actor),
        "act": note.act,
        "subject": names.get(note.subject, note.subject),
        "details": note.details,
        "actor_id": note.actor,
        "subject_id": note.subject,
        "id": note.id,
    }


def _csv(pieces: Iterable[list[dict[str, Any]]]) -> File:
    yield ",".join(_COLUMNS).encode() + b"\r\n"
    for piece in pieces:
        text = StringIO(newline="")
        csv.writer(text).writerows([_cell(told[name]) for name in _COLUMNS] for told in piece)
        yield text.getvalue().encode()


def _json(pieces: Iterable[list[dict[str, Any]]]) -> File:
    before = b"[\n"
    for told in (told for piece in pieces for told in [piece] if piece):
        yield before + b",\n".join(to_json(one) for one in told)
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _cell(value: Any) -> str:
    """Return a cell of CSV that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else to_json(value).decode()
    return f"'{text}" if text.startswith(tuple(FORMULA_STARTS)) else text


_COLUMNS = ("at", "actor", "act", "subject", "details", "actor_id", "subject_id", "id")
_FILES: dict[AuditFormat, tuple[Callable[[Iterable[list[dict[str, Any]]]], File], str]] = {
    AuditFormat.CSV: (_csv, "text/csv; charset=utf-8"),
    AuditFormat.JSON: (_json, "application/json"),
}
