"""Who calls: the bearer of a personal API token, or a browser that is signed in."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from core import lab
from core.domain.accounts import Scope, User
from core.domain.web import SESSION_COOKIE
from core.errors import Forbidden, NotSignedIn

WAITING_CALLS = 256
"""How many calls may wait for the database at once. They wait for the same few transactions: see `store.group`."""

SIGN_IN = "Sign in first, or send a personal API token: Authorization: Bearer lab_…"
UNKNOWN_TOKEN = "This API token is not known. It may have expired or been revoked: make a new one on your account page."

Answer = TypeVar("Answer")

_threads = ThreadPoolExecutor(WAITING_CALLS, thread_name_prefix="api")


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, by which right they call, and what their calls are counted by: the token's id or the session's.

    What a program started with a `token` does not end when its owner signs out of a browser.
    """

    user: User
    scopes: frozenset[Scope]
    key: str
    token: bool


async def caller(request: Request, scope: Scope | None = None) -> Caller:
    """Return who sent `request`.

    Raises `NotSignedIn`, `Forbidden` if the token does not reach to `scope`, or `LimitReached` if they ask too fast.
    """
    return await in_thread(identified, request, scope)


async def in_thread(work: Callable[..., Answer], *given: object) -> Answer:
    """Do `work` in a thread that may wait for the database, and return its answer.

    The threads stay: to start two hundred for a burst would take longer than what they wait for.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *given)


def identified(request: Request, scope: Scope | None = None) -> Caller:
    """Do what `caller` does, in a thread that may wait."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    found = _bearer(secret.strip()) if scheme.lower() == "bearer" else _signed_in(request.cookies)
    if scope is not None and scope not in found.scopes:
        raise Forbidden(f"This API token may not do that: it lacks the scope “{scope}”. Make another one.")
    lab.current().pace.take(found.key)
    return found


def _bearer(secret: str) -> Caller:
    found = lab.current().tokens.caller(secret)
    if found is None:
        raise NotSignedIn(UNKNOWN_TOKEN)
    user, token = found
    return Caller(user, frozenset(token.scopes), token.id, token=True)


def _signed_in(cookies: dict[str, str]) -> Caller:
    found = lab.current().accounts.user_of(cookies.get(SESSION_COOKIE, ""))
    if found is None:
        raise NotSignedIn(SIGN_IN)
    user, session_id = found
    return Caller(user, frozenset(Scope), session_id, token=False)
