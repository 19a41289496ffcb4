"""The lab's two cookies. No script can read either; both stay on this site."""

from secrets import token_urlsafe

from starlette.responses import Response

from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE
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


def new_browser_cookie(*, secure: bool) -> str:
    """Return a `Set-Cookie` header that names this browser, until it is closed."""
    cookie = f"{BROWSER_COOKIE}={token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Lax"
    return f"{cookie}; Secure" if secure else cookie
