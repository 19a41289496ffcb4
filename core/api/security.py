"""What stands before every request: headers, closed doors, and the identity of a browser.

Pure ASGI, since a stream must pass through unbuffered. Three things happen here:

- every response carries the headers that keep hostile text harmless: what a model writes loads, sends and frames
  nothing;
- the routes of Streamlit that nobody needs are closed: its metrics, its agent API and its uploads ask for no sign-in;
- a WebSocket is told, in a header that no client can set, which browser and session it belongs to. Streamlit compares
  it (`server.trustedUserHeaders`) before it hands an earlier page to a new connection, for which knowing the page's id
  would otherwise be enough.
"""

from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.cookies import new_browser_cookie
from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE

OWNER_HEADER = "x-lab-owner"
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/upload_file")
NO_PAGES = ("/_stcore/", "/static/", "/media/", "/component/", "/api/", "/favicon")

STREAMLIT_INLINE_SCRIPT = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
"""The one inline script of Streamlit's page (`window.prerenderReady = false`). A browser test notices a change."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' blob: {STREAMLIT_INLINE_SCRIPT}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
UNDER_HTTPS = {
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Security:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        match scope["type"]:
            case "http":
                app = _not_here if scope["path"].startswith(CLOSED) else self._app
                await app(scope, receive, _with_headers(HTTPConnection(scope), send))
            case "websocket":
                await self._app(_with_owner(scope), receive, send)
            case _:
                await self._app(scope, receive, send)


async def _not_here(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"detail": "There is nothing here."}, 404)(scope, receive, send)


def _with_headers(request: HTTPConnection, send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add_headers(request, MutableHeaders(scope=message))
        await send(message)

    return send_with_headers


def _add_headers(request: HTTPConnection, headers: MutableHeaders) -> None:
    headers.update(HEADERS)
    if request.url.scheme == "https":
        headers.update(UNDER_HTTPS)
    if f"{request.url.path}/".startswith("/api/"):
        headers["Cache-Control"] = "no-store"
    elif not request.url.path.startswith(NO_PAGES) and BROWSER_COOKIE not in request.cookies:
        headers.append("Set-Cookie", new_browser_cookie(secure=request.url.scheme == "https"))


def _with_owner(scope: Scope) -> Scope:
    """Return `scope` with our header, and without one that a client sent in its name."""
    name = OWNER_HEADER.encode()
    others = [(key, value) for key, value in scope["headers"] if key.lower() != name]
    return {**scope, "headers": [*others, (name, _owner(HTTPConnection(scope)).encode())]}


def _owner(connection: HTTPConnection) -> str:
    held = (connection.cookies.get(name, "") for name in (BROWSER_COOKIE, SESSION_COOKIE))
    return sha256(" ".join(held).encode("utf-8", "replace")).hexdigest()
