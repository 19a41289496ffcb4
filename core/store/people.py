"""People as an administrator sees and changes them. Each change is noted in its own transaction, and done only if
whoever asks for it is an administrator still. Who was erased is nobody any more."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import String

from core.domain.accounts import AccountChange, User
from core.domain.audit import Note
from core.domain.chat import clean
from core.domain.people import NewPerson, PeopleFilter, PeoplePage, Person
from core.domain.periods import local_midnight, month_start
from core.errors import NotFound
from core.store import audit
from core.store.accounts import NO_PASSWORD, USER_COLUMNS, alter, told, user_of, values_of
from core.store.administrators import require_administrator
from core.store.recordsets import given, insert_all, recordset
from core.store.rollups import Rollups
from core.store.sessions import alive
from core.store.tables import month_counts, password_links, rollups, sessions, users

ADD_LIMIT_S = 60.0

_NAME = func.lower(users.c.username)
_KEPT = users.c.erased_at.is_(None)


class PeopleStore:
    """The people in the database. Every method raises `StoreUnavailable`, and whatever changes something `Forbidden`
    for who is no administrator any more."""

    def __init__(self, rollups: Rollups) -> None:
        self._rollups = rollups
        self._database = rollups.database

    def page(self, wanted: PeopleFilter, now: datetime, *, size: int, skip: int) -> PeoplePage:
        """Return up to `size` of the people `wanted`, by name, after `skip` of them."""

        def work(connection: Connection) -> PeoplePage:
            conditions = _conditions(wanted)
            some = select(*USER_COLUMNS).where(*conditions).order_by(_NAME).limit(size).offset(skip)
            total = connection.scalar(select(func.count()).select_from(users).where(*conditions))
            found = connection.execute(self._people(some, now))
            return PeoplePage([_person(row) for row in found], total or 0)

        self._rollups.fold()
        return self._database.call(work)

    def find(self, user_id: str, now: datetime) -> Person | None:
        """Return one person, or None."""
        one = self._people(select(*USER_COLUMNS).where(users.c.id == user_id, _KEPT), now)
        self._rollups.fold()
        row = self._database.call(lambda connection: connection.execute(one).first())
        return _person(row) if row else None

    def change(self, actor: str, act: str, user_id: str, change: AccountChange) -> User:
        """Change an account, as `alter` does. Raises `NotFound`."""

        def work(connection: Connection) -> User:
            require_administrator(connection, actor)
            _require(connection, users.c.id == user_id)
            return alter(connection, user_id, change, note=Note(actor, act, user_id))

        return self._database.call(work)

    def end_sessions(self, actor: str, user_id: str) -> int:
        """Sign a user out everywhere, and return how many sessions that were."""

        def work(connection: Connection) -> int:
            require_administrator(connection, actor)
            ended = connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount
            audit.write(connection, Note(actor, "end sessions", user_id, {"ended": ended}))
            return ended

        return self._database.call(work)

    def taken(self, names: Sequence[str]) -> set[str]:
        """Return, in lower case, which of these names somebody has."""
        lowered = func.lower(func.unnest(literal(list(names), ARRAY(String)))).label("name")
        asked = select(lowered).subquery()
        found = select(_NAME).where(_NAME.in_(select(asked.c.name)))
        return set(self._database.call(lambda connection: connection.scalars(found).all()))

    def add(self, actor: str, people: Sequence[NewPerson], links_expire_at: datetime) -> set[str]:
        """Add all these people and their links at once, but those whose name somebody has; return the ids of those who
        were added."""

        def work(connection: Connection) -> set[str]:
            require_administrator(connection, actor)
            added = _insert(connection, people)
            new = [person for person in people if person.user.id in added]
            links = [(person.user.id, person.link_hash) for person in new if person.link_hash]
            insert_all(connection, password_links, [_link(*link, links_expire_at) for link in links])
            notes = [Note(actor, "add user", person.user.id, {"after": told(person.user)}) for person in new]
            audit.write_all(connection, notes)
            return added

        return self._database.call(work, limit_s=ADD_LIMIT_S)

    def make_link(self, actor: str, user_id: str, link_hash: str, expires_at: datetime) -> None:
        """Keep a link for a user to set a password by, in the place of an earlier one. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            require_administrator(connection, actor)
            _require(connection, users.c.id == user_id, users.c.enabled)
            connection.execute(delete(password_links).where(password_links.c.user_id == user_id))
            insert_all(connection, password_links, [_link(user_id, link_hash, expires_at)])
            audit.write(connection, Note(actor, "make password link", user_id))

        self._database.call(work)

    def _people(self, some: Select[Any], now: datetime) -> Select[Any]:
        """Return the query for `some` users and what is told of them."""
        month = month_start(now, self._rollups.zone)
        user = some.subquery()
        seen = (
            select(
                func.max(sessions.c.last_seen_at).label("last_seen_at"),
                func.count().filter(alive(now)).label("sessions"),
            )
            .where(sessions.c.user_id == user.c.id)
            .lateral()
        )
        counted = (month_counts.c.user_id == user.c.id) & (month_counts.c.month == month)
        summed = (
            (rollups.c.grain == "m")
            & (rollups.c.scope == "user")
            & (rollups.c.member == user.c.id)
            & (rollups.c.starts == local_midnight(month, self._rollups.zone))
            & (rollups.c.model_name == "")
        )
        return (
            select(user, seen, month_counts.c.runs, rollups.c.cost)
            .join_from(user, seen, literal(True))
            .outerjoin(month_counts, counted)
            .outerjoin(rollups, summed)
            .order_by(func.lower(user.c.username))
        )


def _require(connection: Connection, *conditions: ColumnElement[bool]) -> None:
    """Lock the user's row, or raise `NotFound`."""
    if connection.execute(select(users.c.id).where(*conditions, _KEPT).with_for_update()).first() is None:
        raise NotFound("There is no such person, or the account is disabled.")


def _conditions(wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    asked = ((users.c.tier, wanted.tier), (users.c.role, wanted.role), (users.c.enabled, wanted.enabled))
    named = [func.strpos(_NAME, func.lower(clean(wanted.text))) > 0] if wanted.text else []
    return [_KEPT, *named, *(column == value for column, value in asked if value is not None)]


def _person(row: Row[Any]) -> Person:
    return Person(user_of(row), row.last_seen_at, row.sessions, row.runs or 0, row.cost or Decimal(0))


def _insert(connection: Connection, people: Sequence[NewPerson]) -> set[str]:
    rows = [values_of(person.user, person.password_hash or NO_PASSWORD) for person in people]
    names = list(rows[0]) if rows else []
    added = insert(users).from_select(names, select(recordset(users, names))).on_conflict_do_nothing()
    return set(connection.scalars(added.returning(users.c.id), given(rows)).all()) if rows else set()


def _link(user_id: str, link_hash: str, expires_at: datetime) -> dict[str, Any]:
    return {"code_hash": link_hash, "user_id": user_id, "expires_at": expires_at}
