"""The lab's cookies. No script can read one; all stay on this site."""

from secrets import token_urlsafe

from starlette.responses import Response

from core.domain.openid import FLIGHT_LIMIT
from core.domain.web import BROWSER_COOKIE, FLIGHT_COOKIE, OPENID_CALLBACK_PATH, SESSION_COOKIE
from core.services.accounts import SESSION_LIMIT


def set_session(response: Response, token: str, *, secure: bool) -> None:
    """Put the session's cookie into `response`; `secure` under https."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LIMIT.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, *, secure: bool) -> None:
    """Have the browser forget the session's cookie."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=secure, httponly=True, samesite="lax")


def set_flight(response: Response, held: str, *, secure: bool) -> None:
    """Give the browser what it holds while its owner is at the company's provider, for the step back alone."""
    response.set_cookie(
        FLIGHT_COOKIE,
        held,
        max_age=int(FLIGHT_LIMIT.total_seconds()),
        path=OPENID_CALLBACK_PATH,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_flight(response: Response, *, secure: bool) -> None:
    """Have the browser forget that."""
    response.delete_cookie(FLIGHT_COOKIE, path=OPENID_CALLBACK_PATH, secure=secure, httponly=True, samesite="lax")


def new_browser_cookie(*, secure: bool) -> str:
    """Return a `Set-Cookie` header that names this browser, until it is closed."""
    cookie = f"{BROWSER_COOKIE}={token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Lax"
    return f"{cookie}; Secure" if secure else cookie
