"""The tokens of programs that call the API. Secrets are kept only as hashes; this module never sees them."""

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
    or_,
    select,
    update,
)

from core.domain.accounts import Scope, TokenInfo, User
from core.errors import InvalidRequest, LimitReached, NotSignedIn
from core.store.accounts import USER_COLUMNS, user_of
from core.store.database import Database
from core.store.group import Group
from core.store.tables import api_tokens, users

TOKEN_COLUMNS = tuple(
    column.label(f"token_{column.name}")
    for column in (
        api_tokens.c.id,
        api_tokens.c.name,
        api_tokens.c.ending,
        api_tokens.c.scopes,
        api_tokens.c.created_at,
        api_tokens.c.last_used_at,
        api_tokens.c.expires_at,
    )
)

NOTING_INTERVAL = timedelta(minutes=1)
"""How exact `last_used_at` is: it is written no more often than this."""


Lookup = tuple[str, datetime]
"""A secret's hash, and when it was shown."""

Found = tuple[User, TokenInfo]
"""Whose token it is, and the token."""


class TokenStore:
    """The tokens in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lookups: Group[Lookup, Found | None] = Group(database, _look_up)

    def add(self, token_hash: str, user_id: str, token: TokenInfo, *, most: int) -> None:
        """Add a token of which a user may have `most`.

        Raises `NotSignedIn` if the account is disabled, `InvalidRequest` if the user has a token of that name, and
        `LimitReached`.
        """

        def work(connection: Connection) -> None:
            enabled = select(users.c.id).where(users.c.id == user_id, users.c.enabled).with_for_update()
            if connection.execute(enabled).first() is None:
                raise NotSignedIn("This account cannot make tokens.")
            names = connection.scalars(select(api_tokens.c.name).where(api_tokens.c.user_id == user_id)).all()
            if token.name in names:
                raise InvalidRequest("You have a token of that name already. Choose another name.")
            if len(names) >= most:
                words = f"You have {len(names)} tokens, which is as many as one account may have. Revoke one first."
                raise LimitReached(words, limit=most, used=len(names), resets_at=None)
            connection.execute(insert(api_tokens).values(_values(token_hash, user_id, token)))

        self._database.call(work)

    def of_user(self, user_id: str) -> list[TokenInfo]:
        """Return a user's tokens, expired ones included, the newest first."""
        query = (
            select(*TOKEN_COLUMNS)
            .where(api_tokens.c.user_id == user_id)
            .order_by(api_tokens.c.created_at.desc(), api_tokens.c.name)
        )
        rows = self._database.call(lambda connection: connection.execute(query).all())
        return [_described(row) for row in rows]

    def look_up(self, token_hash: str, now: datetime) -> Future[Found | None]:
        """Find the user and the token behind a secret's hash: None if it is unknown, expired or disabled.

        One query for all who ask at once, which also notes the use, at most once a minute.
        """
        return self._lookups.submit((token_hash, now))

    def remove(self, user_id: str, token_id: UUID) -> bool:
        """Remove one of the user's own tokens, and return whether there was one."""
        removed = delete(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.id == token_id)
        return self._database.call(lambda connection: connection.execute(removed).rowcount) == 1


def _look_up(connection: Connection, lookups: Sequence[Lookup]) -> list[Found | None]:
    hashes = [token_hash for token_hash, _ in lookups]
    now = max(shown for _, shown in lookups)
    mine = (api_tokens.c.token_hash == any_(literal(hashes, ARRAY(String)))) & _alive(now)
    query = (
        select(*USER_COLUMNS, *TOKEN_COLUMNS, api_tokens.c.token_hash)
        .join_from(api_tokens, users)
        .where(mine, users.c.enabled)
        .add_cte(_noting(mine, now).cte("noted"))
    )
    found = {row.token_hash: (user_of(row), _described(row)) for row in connection.execute(query)}
    return [found.get(token_hash) for token_hash in hashes]


def _noting(mine: ColumnElement[bool], now: datetime) -> Update:
    """Note the use of the tokens `mine`. One that somebody else is about to note is left to them."""
    unnoted = or_(api_tokens.c.last_used_at.is_(None), api_tokens.c.last_used_at < now - NOTING_INTERVAL)
    free = select(api_tokens.c.id).where(mine, unnoted).with_for_update(skip_locked=True, key_share=True)
    return update(api_tokens).where(api_tokens.c.id.in_(free)).values(last_used_at=now)


def _alive(now: datetime) -> Any:
    return or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > now)


def _described(row: Row[Any]) -> TokenInfo:
    return TokenInfo(
        id=str(row.token_id),
        name=row.token_name,
        ending=row.token_ending,
        scopes=frozenset(map(Scope, row.token_scopes)),
        created_at=row.token_created_at,
        last_used_at=row.token_last_used_at,
        expires_at=row.token_expires_at,
    )


def _values(token_hash: str, user_id: str, token: TokenInfo) -> dict[str, Any]:
    return {
        "id": UUID(token.id),
        "user_id": user_id,
        "name": token.name,
        "token_hash": token_hash,
        "ending": token.ending,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
    }
