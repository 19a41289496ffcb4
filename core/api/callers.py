"""Who calls: the bearer of a personal API token, or a browser that is signed in."""

from asyncio import wrap_future
from dataclasses import dataclass

from starlette.requests import Request

from core import lab
from core.domain.accounts import Scope, User
from core.domain.web import SESSION_COOKIE
from core.errors import Forbidden, NotSignedIn

SIGN_IN = "Sign in first, or send a personal API token: Authorization: Bearer lab_…"
UNKNOWN_TOKEN = "This API token is not known. It may have expired or been revoked: make a new one on your account page."


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
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    found = await (_bearer(secret.strip()) if scheme.lower() == "bearer" else _signed_in(request.cookies))
    if scope is not None and scope not in found.scopes:
        raise Forbidden(f"This API token may not do that: it lacks the scope “{scope}”. Make another one.")
    lab.current().pace.take(found.key)
    return found


def address_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else ""


def is_secure(request: Request) -> bool:
    """Return whether it came over TLS, so that a cookie may be kept to that."""
    return request.url.scheme == "https"


async def _bearer(secret: str) -> Caller:
    found = await wrap_future(lab.current().tokens.look_up(secret))
    if found is None:
        raise NotSignedIn(UNKNOWN_TOKEN)
    user, token = found
    return Caller(user, frozenset(token.scopes), token.id, token=True)


async def _signed_in(cookies: dict[str, str]) -> Caller:
    found = await wrap_future(lab.current().accounts.look_up(cookies.get(SESSION_COOKIE, "")))
    if found is None:
        raise NotSignedIn(SIGN_IN)
    user, session_id = found
    return Caller(user, frozenset(Scope), session_id, token=False)
