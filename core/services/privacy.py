"""What belongs to a person: all that is kept about one as a file, and the way to have it erased.

Everybody takes the own data; for anybody else's, and to erase anybody, it needs an administrator, and it is noted.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic_core import to_json

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.queries import HistoryFilter
from core.engine.engine import Engine
from core.errors import InvalidRequest, NotFound
from core.services.export_formats import File
from core.services.exports import Export
from core.store.audit import AuditStore
from core.store.database import Database
from core.store.erasure import ErasureStore
from core.store.history import HistoryStore
from core.store.people_data import PersonStore, Subject

__all__ = ["Privacy", "Subject"]

NOBODY = "There is nobody of that name."
OTHER_NAME = "That is not the name of the person. Type it as it is shown, to the letter. Nothing was erased."


class Privacy:
    """The data of people. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        people: PersonStore,
        erasure: ErasureStore,
        history: HistoryStore,
        audit: AuditStore,
        stop: Callable[[str], None],
    ) -> None:
        """`stop` ends all runs of the user of an id, as far as they run in this process."""
        self._people = people
        self._erasure = erasure
        self._history = history
        self._audit = audit
        self._stop = stop

    def find(self, user: User, name_or_id: str) -> Subject:
        """Return the person of that name. Raises `Forbidden`, and `NotFound`."""
        require_admin(user)
        found = self._people.find(name_or_id.strip())
        if found is None:
            raise NotFound(NOBODY)
        return found

    def export(self, user: User, person_id: str) -> Export:
        """Begin one JSON file of all that is kept about a person: oneself, or for an administrator anybody.

        Raises `Forbidden` for another's, and `NotFound`.
        """
        if person_id != user.id:
            require_admin(user)
        person = self._people.find(person_id)
        if person is None or person.id != person_id:
            raise NotFound(NOBODY)
        if person_id != user.id:
            self._audit.note(Note(user.id, "export person", person_id))
        runs = self._history.count(HistoryFilter(user_id=person_id))
        return Export(f"data-{person_id[:8]}.json", "application/json", runs, _file(self._pieces(person_id)))

    def erase(self, user: User, person_id: str, typed: str) -> int:
        """Erase a person whose name was `typed`, and return of how many runs texts were cleared.

        Raises `Forbidden`, `NotFound`, and `InvalidRequest` for another name and for the last administrator.
        """
        require_admin(user)
        person = self.find(user, person_id)
        if typed != person.username:
            raise InvalidRequest(OTHER_NAME)
        cleared = self._erasure.erase(person.id, Note(user.id, "erase person", person.id))
        self._stop(person.id)
        return cleared

    def _pieces(self, person_id: str) -> Iterator[tuple[str, Iterable[Iterable[Any]] | Any]]:
        yield from self._people.account(person_id).items()
        yield "runs", self._people.runs(person_id)
        yield "refusals", self._people.refusals(person_id)
        yield "audit_notes", self._people.notes(person_id)


def privacy_over(database: Database, engine: Engine | None) -> Privacy:
    """Return the service of the people in `database`, whose runs `engine` runs; None where none run."""

    def stop(user_id: str) -> None:
        if engine:
            for run in engine.of_user(user_id):
                engine.stop(run.admission.run_id)

    people, erasure = PersonStore(database), ErasureStore(database)
    return Privacy(people, erasure, HistoryStore(database), AuditStore(database), stop)


def _file(members: Iterator[tuple[str, Any]]) -> File:
    """Yield one JSON object, of which members that are iterators are made list by list."""
    before = b"{\n"
    for name, value in members:
        yield before + to_json(name) + b": "
        if isinstance(value, Iterator):
            yield from _list(value)
        else:
            yield to_json(value)
        before = b",\n"
    yield b"\n}\n"


def _list(lists: Iterator[Iterable[Any]]) -> Iterator[bytes]:
    before = b"[\n"
    for some in lists:
        yield before + b",\n".join(to_json(one) for one in some)
        before = b",\n"
    yield b"[]" if before == b"[\n" else b"\n]"
