"""The keys of providers, sealed: the system's, whose owner is `LAB`, and each user's own, by the user's id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from core.domain.addresses import origin_of
from core.domain.audit import Note, difference
from core.domain.providers import LAB, KeyInfo, KeyUse
from core.errors import NotFound
from core.store import audit
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.plain import fitting
from core.store.tables import provider_keys, users

NO_KEY = "There is no such key. Somebody may have removed it."


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key as it is kept: for one owner, one provider and one place."""

    owner: str
    provider: str
    sealed: str
    base_url: str


class KeyStore:
    """The keys in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sealed(self) -> list[SealedKey]:
        """Return every key."""
        columns = (provider_keys.c.owner, provider_keys.c.provider, provider_keys.c.sealed, provider_keys.c.base_url)
        found = select(*columns)
        return self._database.call(lambda connection: [SealedKey(*row) for row in connection.execute(found)])

    def of(self, owner: str) -> list[KeyInfo]:
        """Return what is to be told of the keys of `owner`."""
        return self._database.call(lambda connection: [_info(row) for row in connection.execute(_told(owner))])

    def own_keys(self) -> dict[str, int]:
        """Return by provider how many users have a key of their own."""
        count = select(provider_keys.c.provider, func.count()).where(provider_keys.c.owner != LAB)
        rows = count.group_by(provider_keys.c.provider)
        return self._database.call(lambda connection: {row[0]: row[1] for row in connection.execute(rows)})

    def put(self, key: SealedKey, ending: str, actor: str, at: datetime, *, checked: bool) -> None:
        """Keep a key, in the place of the one before, and note it. Nothing is known of the use of a new key."""
        values = {
            "owner": key.owner,
            "provider": key.provider,
            "sealed": key.sealed,
            "base_url": key.base_url,
            "ending": ending,
            "added_by": actor,
            "added_at": at,
            "checked_at": at if checked else None,
            "last_used_at": None,
            "failed_at": None,
            "failure": None,
        }

        def work(connection: Connection) -> None:
            before = _noted(connection, key.owner, key.provider)
            row = insert(provider_keys).values(values)
            connection.execute(row.on_conflict_do_update(constraint=provider_keys.primary_key, set_=values))
            after = _noted(connection, key.owner, key.provider)
            _changed(connection, Note(actor, "save key", key.provider, _details(key.owner, before, after)))

        self._database.call(work)

    def drop(self, owner: str, provider: str, actor: str) -> None:
        """Forget a key, and note it. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            before = _noted(connection, owner, provider)
            if not before:
                raise NotFound(NO_KEY)
            connection.execute(delete(provider_keys).where(_of(owner, provider)))
            _changed(connection, Note(actor, "remove key", provider, _details(owner, before, {})))

        self._database.call(work)

    def note_check(self, owner: str, provider: str, at: datetime, failure: str | None) -> None:
        """Keep what the provider said to a key when it was asked: nothing was wrong with it, or this `failure`."""
        failed = {"failed_at": at, "failure": fitting(failure, provider_keys.c.failure), "checked_at": None}
        change = update(provider_keys).where(_of(owner, provider)).values(failed if failure else {"checked_at": at})
        self._database.call(lambda connection: connection.execute(change))

    def note_uses(self, uses: Sequence[KeyUse]) -> None:
        """Keep when keys were used last and when they failed last, as far as they are still the same keys."""
        rows = [_use(use) for use in sorted(uses, key=lambda use: (use.owner, use.provider))]
        if rows:
            self._database.call(lambda connection: connection.execute(_USED, rows))


def forget_provider(connection: Connection, provider: str) -> int:
    """Forget every key for `provider`, in the transaction that removes it, and return how many that were."""
    gone = connection.execute(delete(provider_keys).where(provider_keys.c.provider == provider)).rowcount
    if gone:
        bump(connection, Topic.KEYS)
    return gone


def _of(owner: str, provider: str) -> ColumnElement[bool]:
    return (provider_keys.c.owner == owner) & (provider_keys.c.provider == provider)


def _told(owner: str) -> Select[Any]:
    named = func.coalesce(users.c.username, provider_keys.c.added_by).label("adder")
    columns = [column for column in provider_keys.c if column.name not in ("sealed", "owner")]
    found = select(*columns, named).join_from(
        provider_keys, users, users.c.id == provider_keys.c.added_by, isouter=True
    )
    return found.where(provider_keys.c.owner == owner).order_by(provider_keys.c.provider)


def _info(row: Row[Any]) -> KeyInfo:
    return KeyInfo(
        provider=row.provider,
        origin=origin_of(row.base_url),
        ending=row.ending,
        added_by=row.adder,
        added_at=row.added_at,
        checked_at=row.checked_at,
        last_used_at=row.last_used_at,
        failed_at=row.failed_at,
        failure=row.failure,
    )


def _noted(connection: Connection, owner: str, provider: str) -> dict[str, Any]:
    """Return what the audit log may tell of a key."""
    row = connection.execute(select(provider_keys).where(_of(owner, provider)).with_for_update()).first()
    if row is None:
        return {}
    return {"sent_to": origin_of(row.base_url), "ends_with": row.ending, "checked": row.checked_at is not None}


def _details(owner: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {"whose": "the lab's" if owner == LAB else "own", **difference(before, after)}


def _changed(connection: Connection, note: Note) -> None:
    audit.write(connection, note)
    bump(connection, Topic.KEYS)


def _use(use: KeyUse) -> dict[str, Any]:
    return {
        "used_owner": use.owner,
        "used_provider": use.provider,
        "at": use.used_at,
        "failed": use.used_at if use.failure else None,
        "why": fitting(use.failure, provider_keys.c.failure),
    }


_AT = bindparam("at", type_=provider_keys.c.last_used_at.type)
_USED = (
    update(provider_keys)
    .where(
        provider_keys.c.owner == bindparam("used_owner"),
        provider_keys.c.provider == bindparam("used_provider"),
        provider_keys.c.added_at <= _AT,
    )
    .values(
        last_used_at=func.greatest(provider_keys.c.last_used_at, _AT),
        failed_at=func.coalesce(bindparam("failed", type_=_AT.type), provider_keys.c.failed_at),
        failure=func.coalesce(bindparam("why", type_=provider_keys.c.failure.type), provider_keys.c.failure),
    )
)
