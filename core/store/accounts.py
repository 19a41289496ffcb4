"""Accounts: who may sign in, with which password hash, tier and role.

A name is unique whatever its case. A new password and disabling end sessions in the same transaction, and void the
links to set one; disabling revokes the API tokens too. One enabled administrator there is always, whoever changes what.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.domain.access import Role, tier_named
from core.domain.accounts import AccountChange, User
from core.domain.audit import Note, difference
from core.domain.limits import Cap, OwnLimits
from core.errors import InvalidRequest, NotFound
from core.store import audit
from core.store.administrators import keep_one, lock_administrators
from core.store.database import Database
from core.store.tables import api_tokens, password_links, sessions, users

NO_PASSWORD = "!"
"""What stands for the hash of an account without a password: no password has it."""

FIRST_ACCOUNT_LOCK = 7_305_518_202
USER_COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.tier,
    users.c.role,
    users.c.enabled,
    users.c.created_at,
    users.c.limits,
)


@dataclass(frozen=True, slots=True)
class Account:
    """A user and the hash of the password."""

    user: User
    password_hash: str


class AccountStore:
    """The accounts in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: User, password_hash: str, note: Note | None = None) -> None:
        """Add an account, and write `note`. Raises `InvalidRequest` if the name is taken, whatever its case."""

        def work(connection: Connection) -> None:
            added = connection.execute(
                upsert(users).values(**values_of(user, password_hash)).on_conflict_do_nothing().returning(users.c.id)
            )
            if added.first() is None:
                raise InvalidRequest(f"There is already a user named {user.username}.")
            if note:
                audit.write(connection, note)

        self._database.call(work)

    def add_first(self, user: User, password_hash: str) -> bool:
        """Add an account if there is none at all, and return whether it did. Safe for processes that start at once."""

        def work(connection: Connection) -> bool:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FIRST_ACCOUNT_LOCK})
            if connection.execute(select(users.c.id).limit(1)).first():
                return False
            connection.execute(insert(users).values(**values_of(user, password_hash)))
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

    def names(self) -> dict[str, str]:
        """Return the names of all users by their ids, in the order of the names."""
        query = select(users.c.id, users.c.username).order_by(func.lower(users.c.username))
        rows = self._database.call(lambda connection: connection.execute(query).all())
        return {row.id: row.username for row in rows}

    def change(
        self,
        user_id: str,
        change: AccountChange,
        *,
        password_hash: str | None = None,
        keep_session: UUID | None = None,
        note: Note | None = None,
    ) -> User:
        """Change an account and return the user: `alter` in a transaction of its own."""
        return self._database.call(
            lambda connection: alter(
                connection, user_id, change, password_hash=password_hash, keep_session=keep_session, note=note
            )
        )

    def _one(self, condition: Any) -> Account | None:
        query = select(*USER_COLUMNS, users.c.password_hash).where(condition)
        row = self._database.call(lambda connection: connection.execute(query).first())
        return Account(user_of(row), row.password_hash) if row else None


def alter(
    connection: Connection,
    user_id: str,
    change: AccountChange,
    *,
    password_hash: str | None = None,
    keep_session: UUID | None = None,
    note: Note | None = None,
) -> User:
    """Change an account and return the user; `note` is written of what it changes, in its details.

    A password or `enabled=False` ends the user's sessions, except `keep_session`, and voids the links to set one;
    `enabled=False` also revokes the user's API tokens. Raises `NotFound`, and `InvalidRequest` where the lab would be
    left without an enabled administrator.
    """
    if change.enabled is False or change.role not in (None, Role.ADMIN):
        lock_administrators(connection)
        keep_one(connection, user_id)
    before = connection.execute(select(*USER_COLUMNS).where(users.c.id == user_id).with_for_update()).first()
    if before is None:
        raise NotFound("There is no such user.")
    values = {"id": user_id, **_changed(change, password_hash)}
    changed = connection.execute(update(users).where(users.c.id == user_id).values(values).returning(*USER_COLUMNS))
    after = changed.one()
    if password_hash is not None or change.enabled is False:
        connection.execute(_ended(user_id, keep_session))
        connection.execute(delete(password_links).where(password_links.c.user_id == user_id))
    if change.enabled is False:
        connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id))
    if note:
        _write(connection, note, user_of(before), user_of(after), password_hash is not None)
    return user_of(after)


def _changed(change: AccountChange, password_hash: str | None) -> dict[str, Any]:
    given = {
        "tier": change.tier and change.tier.value,
        "role": change.role and change.role.value,
        "enabled": change.enabled,
        "limits": None if change.limits is None else limits_kept(change.limits),
        "password_hash": password_hash,
    }
    return {name: value for name, value in given.items() if value is not None}


def _write(connection: Connection, note: Note, before: User, after: User, new_password: bool) -> None:
    changed = difference(told(before), told(after)) if before != after else {}
    details = {**changed, "password": "new"} if new_password else changed
    if details:
        audit.write(connection, replace(note, details=details))


def told(user: User) -> dict[str, Any]:
    """Return what a note tells of an account: not the name, which is erased with the person while the note stays."""
    return {
        "tier": user.tier,
        "role": user.role,
        "enabled": user.enabled,
        "limits": limits_kept(user.limits),
    }


def limits_kept(limits: OwnLimits) -> dict[str, int | None]:
    """Return limits as the table keeps them: null is no limit, what is not there is as usual."""
    caps = {"runs_a_month": limits.runs_a_month, "runs_at_once": limits.runs_at_once}
    return {name: cap.most for name, cap in caps.items() if cap}


def user_of(row: Row[Any]) -> User:
    """Return the user in `row`, which holds `USER_COLUMNS`."""
    return User(
        row.id, row.username, tier_named(row.tier), Role(row.role), row.enabled, row.created_at, _limits(row.limits)
    )


def _limits(kept: dict[str, Any]) -> OwnLimits:
    return OwnLimits(**{name: Cap(kept[name]) for name in ("runs_a_month", "runs_at_once") if name in kept})


def values_of(user: User, password_hash: str) -> dict[str, Any]:
    """Return the row of a new account."""
    return {
        "id": user.id,
        "username": user.username,
        "password_hash": password_hash,
        "tier": user.tier.value,
        "role": user.role.value,
        "enabled": user.enabled,
        "limits": limits_kept(user.limits),
    }


def _ended(user_id: str, keep: UUID | None) -> Any:
    ended = delete(sessions).where(sessions.c.user_id == user_id)
    return ended.where(sessions.c.id != keep) if keep else ended
