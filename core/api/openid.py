"""The two steps of a sign-in at the company's provider: there, and back with a session.

A browser takes them, so whatever goes wrong ends on the page with the form, which says it in words.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import lab
from core.api.callers import address_of, is_secure
from core.api.cookies import clear_flight, set_flight, set_session
from core.domain.openid import Answer, Reason
from core.domain.web import (
    BROWSER_COOKIE,
    FLIGHT_COOKIE,
    OPENID_CALLBACK_PATH,
    OPENID_START_PATH,
    own_page,
    with_refusal,
)
from core.errors import NotFound, SignInRefused, Unavailable
from core.services.openid import Openid

REFUSED = (SignInRefused, Unavailable)


async def start(request: Request) -> Response:
    """`GET /auth/openid/start?next=…`: lead to the provider. 404 where none is set up."""
    page = own_page(request.query_params.get("next", "/"))
    callback = str(request.url.replace(path=OPENID_CALLBACK_PATH, query=""))
    try:
        url, held = await _openid().begin(page, callback, request.cookies.get(BROWSER_COOKIE, ""))
    except REFUSED as error:
        return _back(page, error)
    response = RedirectResponse(url, 303)
    set_flight(response, held, secure=is_secure(request))
    return response


async def callback(request: Request) -> Response:
    """`GET /auth/openid/callback?code=…&state=…`: open a session and go on to the page that was asked for."""
    given, cookies = request.query_params, request.cookies
    answer = Answer(given.get("state", ""), given.get("code", ""), given.get("error", ""), given.get("iss"))
    try:
        openid = _openid()
        flight = openid.flight(cookies.get(FLIGHT_COOKIE, ""), answer, cookies.get(BROWSER_COOKIE, ""))
    except REFUSED as error:
        return _back("/", error)
    try:
        token = await openid.complete(flight, answer, address_of(request), request.headers.get("user-agent", ""))
        response: Response = RedirectResponse(flight.page, 303)
        set_session(response, token, secure=is_secure(request))
    except REFUSED as error:
        response = _back(flight.page, error)
    clear_flight(response, secure=is_secure(request))
    return response


def _openid() -> Openid:
    openid = lab.current().openid
    if openid is None:
        raise NotFound("There is nothing here.")
    return openid


def _back(page: str, error: SignInRefused | Unavailable) -> Response:
    reason = error.reason if isinstance(error, SignInRefused) else Reason.STORE
    return RedirectResponse(with_refusal(page, reason), 303)


OPENID_STEPS = [
    Route(OPENID_START_PATH.removeprefix("/api"), start, methods=["GET"]),
    Route(OPENID_CALLBACK_PATH.removeprefix("/api"), callback, methods=["GET"]),
]
"""Where a page sends the browser, and where the provider sends it back. No part of what the API offers."""
