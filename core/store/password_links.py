"""Links by which a user sets a password, once. Their codes are kept only as hashes; this module never sees them.

Administrators make them, see `PeopleStore`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from core.domain.accounts import AccountChange, User
from core.domain.audit import Note
from core.store.accounts import USER_COLUMNS, alter, user_of
from core.store.database import Database
from core.store.tables import password_links, users


class PasswordLinkStore:
    """The links in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, code_hash: str, now: datetime) -> User | None:
        """Return the user whose link this is: None if it is unknown, used or expired, or the user disabled."""
        query = select(*USER_COLUMNS).join_from(users, password_links).where(_good(code_hash, now), users.c.enabled)
        row = self._database.call(lambda connection: connection.execute(query).first())
        return user_of(row) if row else None

    def use(self, code_hash: str, password_hash: str, now: datetime) -> User | None:
        """Use a link up, set the password, and end the user's sessions; return the user, or None as `find` does."""

        def work(connection: Connection) -> User | None:
            used = delete(password_links).where(_good(code_hash, now)).returning(password_links.c.user_id)
            user_id = connection.scalar(used)
            if user_id is None:
                return None
            note = Note(user_id, "use password link", user_id)
            return alter(connection, user_id, AccountChange(), password_hash=password_hash, note=note)

        return self._database.call(work)

    def waiting(self, user_id: str, now: datetime) -> datetime | None:
        """Return until when a link of the user's may be used, or None if there is none."""
        ends = select(password_links.c.expires_at).where(
            password_links.c.user_id == user_id, password_links.c.expires_at > now
        )
        return self._database.call(lambda connection: connection.scalar(ends))


def _good(code_hash: str, now: datetime) -> ColumnElement[Any]:
    return (password_links.c.code_hash == code_hash) & (password_links.c.expires_at > now)
