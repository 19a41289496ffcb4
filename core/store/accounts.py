"""Accounts: who may sign in, with which password hash, tier and role.

A name is unique whatever its case. A new password and disabling end sessions in the same transaction, and disabling
revokes the API tokens too.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.domain.access import Role, Tier, tier_named
from core.domain.accounts import User
from core.errors import InvalidRequest, NotFound
from core.store.database import Database
from core.store.tables import api_tokens, sessions, users

FIRST_ACCOUNT_LOCK = 7_305_518_202
USER_COLUMNS = (users.c.id, users.c.username, users.c.tier, users.c.role, users.c.enabled, users.c.created_at)


@dataclass(frozen=True, slots=True)
class Account:
    """A user and the hash of the password."""

    user: User
    password_hash: str


class AccountStore:
    """The accounts in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: User, password_hash: str) -> None:
        """Add an account. Raises `InvalidRequest` if the name is taken, whatever its case."""

        def work(connection: Connection) -> None:
            added = connection.execute(
                upsert(users).values(**_values(user, password_hash)).on_conflict_do_nothing().returning(users.c.id)
            )
            if added.first() is None:
                raise InvalidRequest(f"There is already a user named {user.username}.")

        self._database.call(work)

    def add_first(self, user: User, password_hash: str) -> bool:
        """Add an account if there is none at all, and return whether it did. Safe for processes that start at once."""

        def work(connection: Connection) -> bool:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FIRST_ACCOUNT_LOCK})
            if connection.execute(select(users.c.id).limit(1)).first():
                return False
            connection.execute(insert(users).values(**_values(user, password_hash)))
            return True

        return self._database.call(work)

    def empty(self) -> bool:
        """Return whether there is no account yet."""
        return self._database.call(lambda connection: connection.execute(select(users.c.id).limit(1)).first() is None)

    def named(self, username: str) -> Account | None:
        """Return the account of that name, whatever its case."""
        return self._one(func.lower(users.c.username) == func.lower(username))

    def find(self, user_id: str) -> Account | None:
        """Return the account of that id."""
        return self._one(users.c.id == user_id)

    def all(self) -> list[User]:
        """Return every user, by name."""
        query = select(*USER_COLUMNS).order_by(func.lower(users.c.username))
        return self._database.call(lambda connection: [user_of(row) for row in connection.execute(query)])

    def change(
        self,
        user_id: str,
        *,
        tier: Tier | None = None,
        role: Role | None = None,
        enabled: bool | None = None,
        password_hash: str | None = None,
        keep_session: UUID | None = None,
    ) -> User:
        """Change what is given and return the user. Raises `NotFound`.

        A password or `enabled=False` ends the user's sessions, except `keep_session`; `enabled=False` also revokes the
        user's API tokens.
        """
        given = {
            "tier": tier and tier.value,
            "role": role and role.value,
            "enabled": enabled,
            "password_hash": password_hash,
        }
        values = {"id": user_id} | {name: value for name, value in given.items() if value is not None}

        def work(connection: Connection) -> User:
            statement = update(users).where(users.c.id == user_id).values(**values).returning(*USER_COLUMNS)
            row = connection.execute(statement).first()
            if row is None:
                raise NotFound("There is no such user.")
            if password_hash is not None or enabled is False:
                connection.execute(_ended(user_id, keep_session))
            if enabled is False:
                connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id))
            return user_of(row)

        return self._database.call(work)

    def _one(self, condition: Any) -> Account | None:
        query = select(*USER_COLUMNS, users.c.password_hash).where(condition)
        row = self._database.call(lambda connection: connection.execute(query).first())
        return Account(user_of(row), row.password_hash) if row else None


def user_of(row: Row[Any]) -> User:
    """Return the user in `row`, which holds `USER_COLUMNS`."""
    return User(row.id, row.username, tier_named(row.tier), Role(row.role), row.enabled, row.created_at)


def _values(user: User, password_hash: str) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "password_hash": password_hash,
        "tier": user.tier.value,
        "role": user.role.value,
        "enabled": user.enabled,
    }


def _ended(user_id: str, keep: UUID | None) -> Any:
    ended = delete(sessions).where(sessions.c.user_id == user_id)
    return ended.where(sessions.c.id != keep) if keep else ended
