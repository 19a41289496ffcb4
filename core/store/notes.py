"""The audit log, read: newest first by pages, with the names of the people who are spoken of.

Every filter is found by an index, in the order of the page. Words are looked for as in the history: rare ones by their
index, frequent ones on a walk from note to note. Which they are, a short walk tells.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from core.domain.audit import KeptNote, NoteFilter, NotePage, NotePlace
from core.store.database import Database
from core.store.tables import audit_log as log
from core.store.tables import users
from core.store.words import FREQUENT, LOOKED_AT, RARE, beginnings

LIMIT_S = 30.0
"""How long a piece of a file may take."""

Conditions = list[ColumnElement[bool]]

_COLUMNS = (log.c.id, log.c.at, log.c.actor, log.c.act, log.c.subject, log.c.details)
_PLACE = tuple_(log.c.at, log.c.id)
_NEWEST_FIRST = (log.c.at.desc(), log.c.id.desc())
_OLDEST_FIRST = (log.c.at.asc(), log.c.id.asc())


class NoteStore:
    """Reads the notes. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        filter: NoteFilter,
        *,
        size: int,
        older_than: NotePlace | None = None,
        newer_than: NotePlace | None = None,
    ) -> NotePage:
        """Return up to `size` notes: the newest, or those next to a place, on the side that it names."""

        def work(connection: Connection) -> NotePage:
            _hold_plans(connection)
            if newer_than is not None:
                return _upwards(connection, filter, size, newer_than)
            return _downwards(connection, filter, size, older_than)

        return self._database.call(work)

    def piece(
        self, filter: NoteFilter, *, size: int, older_than: NotePlace | None = None
    ) -> tuple[list[KeptNote], Mapping[str, str]]:
        """Return up to `size` notes, the newest or those older than a place, and the names of the people in them."""

        def work(connection: Connection) -> tuple[list[KeptNote], Mapping[str, str]]:
            _hold_plans(connection)
            notes = _found(connection, filter, older(older_than), size, newest=True)
            return notes, names(connection, spoken_of(notes))

        return self._database.call(work, limit_s=LIMIT_S)

    def find(self, note_id: int) -> tuple[KeptNote, Mapping[str, str]] | None:
        """Return the note of that number and the names of the people in it, or None."""

        def work(connection: Connection) -> tuple[KeptNote, Mapping[str, str]] | None:
            row = connection.execute(select(*_COLUMNS).where(log.c.id == note_id)).one_or_none()
            return None if row is None else (_note(row), names(connection, spoken_of([_note(row)])))

        return self._database.call(work)

    def count(self, filter: NoteFilter) -> int:
        """Return how many notes `filter` lets through."""

        def work(connection: Connection) -> int:
            wanted = [*conditions(filter), *_mentioned(connection, filter)]
            return connection.scalar(select(func.count()).select_from(log).where(*wanted)) or 0

        return self._database.call(work, limit_s=LIMIT_S)

    def acts(self) -> list[str]:
        """Return every act that was ever noted, in order."""
        return self._database.call(lambda connection: distinct(connection, log.c.act))

    def actors(self, most: int) -> dict[str, str] | None:
        """Return the names of all who ever did what was noted, by id; of erased people and of none the id. None if they
        are more than `most`."""

        def work(connection: Connection) -> dict[str, str] | None:
            found = distinct(connection, log.c.actor, most + 1)
            return None if len(found) > most else {actor: actor for actor in found} | names(connection, found)

        return self._database.call(work)

    def id_of(self, name: str) -> str | None:
        """Return the id of the user of that name, whatever its case."""
        named = func.lower(users.c.username) == func.lower(name)
        return self._database.call(lambda connection: connection.scalar(select(users.c.id).where(named)))


def names(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the user names, by id, of those among `ids` who are people and not erased."""
    given = func.unnest(literal(list(ids), ARRAY(users.c.id.type)))
    known = select(users.c.id, users.c.username).where(users.c.id.in_(select(given)), users.c.erased_at.is_(None))
    return {row.id: row.username for row in connection.execute(known)} if ids else {}


def spoken_of(notes: Iterable[KeptNote]) -> set[str]:
    """Return all texts in `notes` that may be somebody's id."""
    return {one for note in notes for one in (note.actor, note.subject, *_texts(note.details)) if len(one) <= 100}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from (one for item in value.values() for one in _texts(item))
        case list():
            yield from (one for item in value for one in _texts(item))


def _downwards(connection: Connection, filter: NoteFilter, size: int, start: NotePlace | None) -> NotePage:
    found = _found(connection, filter, older(start), size + 1, newest=True)
    notes = found[:size]
    newer = start and (notes[0].place if notes else start)
    return NotePage(notes, names(connection, spoken_of(notes)), newer, notes[-1].place if len(found) > size else None)


def _upwards(connection: Connection, filter: NoteFilter, size: int, start: NotePlace) -> NotePage:
    found = _found(connection, filter, [_literal(start) < _PLACE], size + 1, newest=False)
    notes = found[:size][::-1]
    older = notes[-1].place if notes else start
    return NotePage(notes, names(connection, spoken_of(notes)), notes[0].place if len(found) > size else None, older)


def _found(
    connection: Connection, filter: NoteFilter, beyond: Conditions, size: int, *, newest: bool
) -> list[KeptNote]:
    wanted = [*conditions(filter), *beyond]
    if filter.words:
        wanted += _worded(connection, filter, wanted, newest=newest)
    found = query_of(wanted, size, newest=newest)
    return [_note(row) for row in connection.execute(found)]


def query_of(wanted: Conditions, size: int, *, newest: bool) -> Select[Any]:
    """Return the query for notes, in the order of a page."""
    return select(*_COLUMNS).where(*wanted).order_by(*(_NEWEST_FIRST if newest else _OLDEST_FIRST)).limit(size)


def conditions(filter: NoteFilter) -> Conditions:
    """Return what must hold of a note that `filter` lets through, its words apart."""
    equal = ((log.c.actor, filter.actor), (log.c.act, filter.act), (log.c.subject, filter.subject))
    wanted: Conditions = [column == value for column, value in equal if value is not None]
    if filter.period is not None:
        wanted += [log.c.at >= filter.period.start, log.c.at < filter.period.end]
    return wanted


def _mentioned(connection: Connection, filter: NoteFilter) -> Conditions:
    """That a note has the words, of which there may be none."""
    if not filter.words:
        return []
    queries = [query for one in filter.words if (query := connection.scalar(beginnings(one)))]
    return [or_(false(), *[_matches(query) for query in queries])]


def _worded(connection: Connection, filter: NoteFilter, others: Conditions, *, newest: bool) -> Conditions:
    """That a note has the words, put so that the first such in the order among the `others` are found soon."""
    (mentioned,) = _mentioned(connection, filter)
    near = query_of(others, LOOKED_AT, newest=newest).subquery()
    met = select(func.count(), func.count().filter(mentioned)).select_from(near).join(log, log.c.id == near.c.id)
    seen, matching = connection.execute(met).one()
    on_the_walk: Conditions = [mentioned.is_(True)]
    if seen < LOOKED_AT or matching >= FREQUENT:
        return on_the_walk
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    found = connection.scalars(select(log.c.id).where(mentioned, *others).limit(RARE + 1)).all()
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    return on_the_walk if len(found) > RARE else [log.c.id.in_(_listed(found))]


def _listed(ids: Sequence[int]) -> Select[Any]:
    return select(func.unnest(literal(list(ids), ARRAY(log.c.id.type))))


def _matches(query: Any) -> ColumnElement[bool]:
    return log.c.words.bool_op("@@")(cast(query, TSQUERY))


def distinct(connection: Connection, column: Column[str], most: int | None = None) -> list[str]:
    """Return the first values of a column, in order, by leaps through its index: soon where they are few."""
    following = select(func.min(column))
    leaps = select(following.scalar_subquery().label("value")).cte(recursive=True)
    leap = following.where(column > leaps.c.value).scalar_subquery()
    values = leaps.union_all(select(leap).where(leaps.c.value.is_not(None)))
    return list(connection.scalars(select(values.c.value).where(values.c.value.is_not(None)).limit(most)))


def _hold_plans(connection: Connection) -> None:
    """Have each query planned for its own values."""
    connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def older(place: NotePlace | None) -> Conditions:
    """Return what holds of the notes that are older than a place."""
    return [] if place is None else [_literal(place) > _PLACE]


def _literal(place: NotePlace) -> ColumnElement[Any]:
    return tuple_(literal(place.at), literal(place.id))


def _note(row: Row[Any]) -> KeptNote:
    return KeptNote(row.actor, row.act, row.subject, row.details, row.at, row.id)
