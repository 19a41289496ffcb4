"""Accounts that belong to somebody of the company's provider. One identity has one account at most."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.openid import WaysIn
from core.errors import InvalidRequest, NotFound
from core.store import audit
from core.store.accounts import NO_PASSWORD, USER_COLUMNS, told, user_of, values_of
from core.store.database import Database
from core.store.tables import users

"""Stands where a hash would, and matches no password."""

_COLUMNS = (*USER_COLUMNS, users.c.openid, users.c.password_hash)


class OpenidStore:
    """Those accounts in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, openid: str) -> User | None:
        """Return whose account belongs to `openid`."""
        row = self._row(users.c.openid == openid)
        return user_of(row) if row else None

    def add(self, user: User, names: Iterable[str], openid: str, act: str) -> User | None:
        """Add an account without a password under the first of `names` that is free, and note it.

        Returns the account that `openid` has meanwhile, if somebody was quicker; None if a name belongs to an account
        that is not linked to the provider, which might be the same person's.
        """

        def work(connection: Connection) -> User | None:
            for name in names:
                new = replace(user, username=name)
                if _added(connection, new, openid):
                    audit.write(connection, Note(user.id, act, user.id, {"after": told(new)}))
                    return new
                if there := connection.execute(_where(users.c.openid == openid)).first():
                    return user_of(there)
                if connection.execute(_where(_named(name) & users.c.openid.is_(None))).first():
                    return None
            return None

        return self._database.call(work)

    def link(self, username: str, openid: str, actor: str, act: str) -> User:
        """Give an account to `openid`, in the place of what it belonged to, and note it.

        Raises `NotFound`, and `InvalidRequest` if `openid` has another account.
        """

        def work(connection: Connection) -> User:
            row = connection.execute(_where(_named(username) & users.c.erased_at.is_(None)).with_for_update()).first()
            if row is None:
                raise NotFound("There is no user of that name.")
            if connection.execute(_where((users.c.openid == openid) & (users.c.id != row.id))).first():
                raise InvalidRequest("Another account is linked to that company account.")
            connection.execute(update(users).where(users.c.id == row.id).values(id=row.id, openid=openid))
            audit.write(connection, Note(actor, act, row.id, _linked(row.openid)))
            return user_of(row)

        return self._database.call(work)

    def ways_in(self, user_id: str) -> WaysIn:
        """Return how the owner of an account may sign in. Raises `NotFound`."""
        row = self._row(users.c.id == user_id)
        if row is None:
            raise NotFound("There is no such user.")
        return WaysIn(password=row.password_hash != NO_PASSWORD, company=row.openid is not None)

    def _row(self, condition: ColumnElement[bool]) -> Row[Any] | None:
        return self._database.call(lambda connection: connection.execute(_where(condition)).first())


def _linked(before: str | None) -> dict[str, Any]:
    """Return what a note tells of a link: not to whom, since the note stays when the person is erased."""
    was = "none" if before is None else "another"
    return {"before": {"company account": was}, "after": {"company account": "linked"}}


def _added(connection: Connection, user: User, openid: str) -> bool:
    values = {**values_of(user, NO_PASSWORD), "openid": openid}
    return (
        connection.execute(upsert(users).values(values).on_conflict_do_nothing().returning(users.c.id)).first()
        is not None
    )


def _where(condition: ColumnElement[bool]) -> Any:
    return select(*_COLUMNS).where(condition)


def _named(username: str) -> ColumnElement[bool]:
    return func.lower(users.c.username) == func.lower(username)
