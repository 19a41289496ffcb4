"""Erasing a person: everything that tells who it was, and every text, in one transaction; spend stays as it was."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select, update

from core.domain.accounts import AccountChange
from core.domain.audit import OPERATOR, Note
from core.store import audit
from core.store.accounts import NO_PASSWORD, alter
from core.store.administrators import require_administrator
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.tables import llm_usage_logs as logs
from core.store.tables import provider_keys, refusals, sealed_secrets, sign_in_codes, templates, users
from core.store.texts import without_texts

LIMIT_S = 600.0
NAME_CHARACTERS = 8


class ErasureStore:
    """Erases people. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def erase(self, user_id: str, note: Note) -> int:
        """Erase a person, write the note of it, and return of how many runs texts were cleared.

        The account cannot be signed in to any more, and has a name made of its id. It may be done again. Raises
        `Forbidden` if the note's actor is no administrator any more, `NotFound`, and `InvalidRequest` for the last one.
        """

        def work(connection: Connection) -> int:
            if note.actor != OPERATOR:
                require_administrator(connection, note.actor)
            alter(connection, user_id, AccountChange(enabled=False), password_hash=NO_PASSWORD)
            _forget_who(connection, user_id)
            _forget_belongings(connection, user_id)
            cleared = without_texts(connection, logs.c.user_id == user_id)
            audit.write(connection, replace(note, details={"runs_without_texts": cleared}))
            bump(connection, Topic.KEYS)
            return cleared

        return self._database.call(work, limit_s=LIMIT_S)


def _forget_who(connection: Connection, user_id: str) -> None:
    nobody = {"username": _name(connection, user_id), "openid": None, "erased_at": datetime.now(UTC)}
    connection.execute(update(users).where(users.c.id == user_id).values(nobody))


def _name(connection: Connection, user_id: str) -> str:
    """A name that tells nothing; the whole id is in it where another has the same beginning."""
    name = f"erased-{user_id[:NAME_CHARACTERS]}"
    others = select(users.c.id).where(func.lower(users.c.username) == name.lower(), users.c.id != user_id)
    return name if connection.scalar(others) is None else f"erased-{user_id}"[:100]


def _forget_belongings(connection: Connection, user_id: str) -> None:
    owned = (
        sign_in_codes.c.user_id,
        templates.c.user_id,
        provider_keys.c.owner,
        sealed_secrets.c.owner,
    )
    for owner in owned:
        connection.execute(delete(owner.table).where(owner == user_id))
    connection.execute(update(refusals).where(refusals.c.user_id == user_id).values(message=""))
