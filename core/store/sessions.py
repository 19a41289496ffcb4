"""Sessions and one-time sign-in codes. Tokens and codes are kept only as hashes; this module never sees them."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    String,
    Update,
    any_,
    delete,
    insert,
    literal,
    select,
    update,
)

from core.domain.accounts import SessionInfo, User
from core.errors import NotSignedIn
from core.store.accounts import USER_COLUMNS, user_of
from core.store.database import Database
from core.store.group import Group
from core.store.tables import sessions, sign_in_codes, users

IDLE_LIMIT = timedelta(hours=12)
"""A session ends when it was not used for so long."""

REFRESH_INTERVAL = timedelta(minutes=1)
"""How exact `last_seen_at` is: it is written no more often than this."""


Lookup = tuple[str, datetime]
"""A token's hash, and when it was shown."""

Found = tuple[User, str]
"""Whose session it is, and the session's id."""


class SessionStore:
    """The sessions in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lookups: Group[Lookup, Found | None] = Group(database, _look_up)

    def add_code(self, code_hash: str, user_id: str, binding: str, *, now: datetime, expires_at: datetime) -> None:
        """Keep a one-time code for the browser that `binding` names, and drop the expired ones."""

        def work(connection: Connection) -> None:
            connection.execute(delete(sign_in_codes).where(sign_in_codes.c.expires_at <= now))
            row = {"code_hash": code_hash, "user_id": user_id, "binding": binding, "expires_at": expires_at}
            connection.execute(insert(sign_in_codes).values(row))

        self._database.call(work)

    def take_code(self, code_hash: str, binding: str, now: datetime) -> str | None:
        """Use a code up, whatever comes of it, and return its user's id if it was good in this browser."""
        taken = delete(sign_in_codes).where(sign_in_codes.c.code_hash == code_hash).returning(sign_in_codes)
        row = self._database.call(lambda connection: connection.execute(taken).first())
        good = row is not None and row.binding == binding and row.expires_at > now
        return row.user_id if row is not None and good else None

    def open(self, token_hash: str, user_id: str, session: SessionInfo) -> None:
        """Open a session, and drop this user's expired ones. Raises `NotSignedIn` if the account is disabled."""

        def work(connection: Connection) -> None:
            enabled = select(users.c.id).where(users.c.id == user_id, users.c.enabled).with_for_update()
            if connection.execute(enabled).first() is None:
                raise NotSignedIn("This account cannot sign in.")
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id, ~alive(session.created_at)))
            connection.execute(insert(sessions).values(_values(token_hash, user_id, session)))

        self._database.call(work)

    def look_up(self, token_hash: str, now: datetime) -> Future[Found | None]:
        """Find the user and the session's id behind a token: None if it is unknown, ended or disabled.

        One query for all who ask at once, which also notes the use, at most once a minute.
        """
        return self._lookups.submit((token_hash, now))

    def of_user(self, user_id: str, current_id: str, now: datetime) -> list[SessionInfo]:
        """Return a user's sessions, the last used first."""
        query = (
            select(sessions)
            .where(sessions.c.user_id == user_id, alive(now))
            .order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
        )
        rows = self._database.call(lambda connection: connection.execute(query).all())
        return [_described(row, current_id) for row in rows]

    def end(self, token_hash: str) -> None:
        """End the session of a token, if there is one."""
        self._delete(sessions.c.token_hash == token_hash)

    def end_one(self, user_id: str, session_id: UUID) -> bool:
        """End one of the user's own sessions, and return whether there was one."""
        return self._delete((sessions.c.user_id == user_id) & (sessions.c.id == session_id)) == 1

    def end_others(self, user_id: str, keep: UUID) -> int:
        """End the user's sessions except `keep`, and return how many ended."""
        return self._delete((sessions.c.user_id == user_id) & (sessions.c.id != keep))

    def _delete(self, condition: Any) -> int:
        return self._database.call(lambda connection: connection.execute(delete(sessions).where(condition)).rowcount)


def _look_up(connection: Connection, lookups: Sequence[Lookup]) -> list[Found | None]:
    hashes = [token_hash for token_hash, _ in lookups]
    now = max(shown for _, shown in lookups)
    mine = (sessions.c.token_hash == any_(literal(hashes, ARRAY(String)))) & alive(now)
    query = (
        select(*USER_COLUMNS, sessions.c.id.label("session_id"), sessions.c.token_hash)
        .join_from(sessions, users)
        .where(mine, users.c.enabled)
        .add_cte(_noting(mine, now).cte("noted"))
    )
    found = {row.token_hash: (user_of(row), str(row.session_id)) for row in connection.execute(query)}
    return [found.get(token_hash) for token_hash in hashes]


def _noting(mine: ColumnElement[bool], now: datetime) -> Update:
    """Note the use of the sessions `mine`. One that somebody else is about to note is left to them."""
    due = select(sessions.c.id).where(mine, sessions.c.last_seen_at < now - REFRESH_INTERVAL)
    free = due.with_for_update(skip_locked=True, key_share=True)
    return update(sessions).where(sessions.c.id.in_(free)).values(last_seen_at=now)


def alive(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session has not ended by `now`."""
    return (sessions.c.expires_at > now) & (sessions.c.last_seen_at > now - IDLE_LIMIT)


def _described(row: Row[Any], current_id: str) -> SessionInfo:
    return SessionInfo(
        id=str(row.id),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        address=row.address,
        agent=row.agent,
        current=str(row.id) == current_id,
    )


def _values(token_hash: str, user_id: str, session: SessionInfo) -> dict[str, Any]:
    return {
        "id": UUID(session.id),
        "token_hash": token_hash,
        "user_id": user_id,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
        "address": session.address,
        "agent": session.agent,
    }
