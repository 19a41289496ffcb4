"""API tokens: what a program shows in place of a person who signs in.

A secret is 256 random bits after `lab_`, by which it is found when it leaks. It is told once, to whoever makes it; the
database holds its SHA-256. A token may never do more than its owner, and less where its scopes say so.
"""

import re
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4

from core.domain.accounts import Scope, TokenInfo, User
from core.errors import InvalidRequest, NotFound
from core.futures import done
from core.store.tokens import TokenStore

MAX_TOKENS = 20
MAX_NAME = 60
LIFETIMES = tuple(timedelta(days=days) for days in (7, 30, 90, 365))
"""How long a token may last; None is also allowed, and is for ever."""

_SECRET = re.compile(r"lab_[A-Za-z0-9_-]{43}")


class Tokens:
    """The API tokens of all users. Every method may raise `StoreUnavailable`."""

    def __init__(self, store: TokenStore, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now

    def create(
        self, user: User, name: str, scopes: Collection[Scope], lifetime: timedelta | None
    ) -> tuple[str, TokenInfo]:
        """Make a token and return its secret, which nothing can tell again, with its description.

        `lifetime` is one of `LIFETIMES`, or None. Raises `InvalidRequest` for another one, for a name that will not do
        or is taken, and without a scope; `LimitReached` at `MAX_TOKENS`; `NotSignedIn` for a disabled account.
        """
        _check(name, scopes, lifetime)
        secret, now = f"lab_{token_urlsafe(32)}", self._now()
        token = TokenInfo(
            id=str(uuid4()),
            name=name,
            ending=secret[-4:],
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
        self._store.add(_hash(secret), user.id, token, most=MAX_TOKENS)
        return secret, token

    def of(self, user: User) -> list[TokenInfo]:
        """Return the user's tokens, expired ones included, the newest first."""
        return self._store.of_user(user.id)

    def revoke(self, user: User, token_id: str) -> None:
        """Make one of the user's own tokens worthless at once. Raises `NotFound`, also for somebody else's."""
        if not self._store.remove(user.id, _token_uuid(token_id)):
            raise NotFound("This token is revoked already.")

    def look_up(self, secret: str) -> Future[tuple[User, TokenInfo] | None]:
        """Find the user and the token behind a secret: None if it is malformed, unknown, expired or disabled. It does
        not block."""
        return self._store.look_up(_hash(secret), self._now()) if _SECRET.fullmatch(secret) else done(None)

    def caller(self, secret: str) -> tuple[User, TokenInfo] | None:
        """Return what `look_up` finds."""
        return self.look_up(secret).result()


def _check(name: str, scopes: Collection[Scope], lifetime: timedelta | None) -> None:
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        raise InvalidRequest(f"Give the token a name of 1 to {MAX_NAME} printable characters.")
    if not scopes:
        raise InvalidRequest("Choose at least one thing that the token may do.")
    if lifetime is not None and lifetime not in LIFETIMES:
        raise InvalidRequest("A token lasts 7, 30, 90 or 365 days, or until it is revoked.")


def _token_uuid(token_id: str) -> UUID:
    try:
        return UUID(token_id)
    except ValueError:
        raise NotFound("There is no such token.") from None


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
