"""Signing in and out over HTTP, and the step that turns a page's one-time code into a cookie."""

from asyncio import wrap_future

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import lab
from core.api.answers import answer
from core.api.bodies import check_origin, check_type, read
from core.api.callers import address_of, is_secure
from core.api.cookies import clear_session, set_session
from core.api.schemas import Credentials, SignedIn, SignedOut
from core.domain.accounts import User
from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE, SESSION_PATH, SIGNED_OUT_PATH, own_page
from core.errors import LabError

MAX_CREDENTIALS_BYTES = 4096


async def login(request: Request) -> Response:
    """`POST /auth/login`: open a session. 200 with the user and the cookie, 401, or 429 when throttled."""
    body = await read(request, Credentials, limit=MAX_CREDENTIALS_BYTES)
    user, token = await run_sync(_signed_in, body, address_of(request), request.headers.get("user-agent", ""))
    response = answer(described(user))
    set_session(response, token, secure=is_secure(request))
    return response


async def logout(request: Request) -> Response:
    """`POST /auth/logout`: end the session on the server, and the user's runs in flight that are not a token's. 200,
    also if it had ended."""
    check_origin(request)
    if "content-type" in request.headers:  # a body is not needed
        check_type(request)
    await run_sync(_sign_out, request.cookies.get(SESSION_COOKIE, ""))
    response = answer(SignedOut())
    clear_session(response, secure=is_secure(request))
    return response


async def session(request: Request) -> Response:
    """`GET /auth/session?code=…&next=…`: take a page's one-time code, set the cookie, and go on to `next`."""
    response = RedirectResponse(own_page(request.query_params.get("next", "/")), 303)
    agent = request.headers.get("user-agent", "")
    code, browser = request.query_params.get("code", ""), request.cookies.get(BROWSER_COOKIE, "")
    try:
        token = await run_sync(lab.current().accounts.redeem_code, code, browser, address_of(request), agent)
    except LabError:
        return response  # the page shows the form again
    set_session(response, token, secure=is_secure(request))
    return response


async def signed_out(request: Request) -> Response:
    """`GET /auth/signed-out`: forget the cookie of a session that has ended, and show the form.

    A living session stays as it is, so that no link from elsewhere can sign anybody out.
    """
    response = RedirectResponse("/", 303)
    token = request.cookies.get(SESSION_COOKIE, "")
    if await wrap_future(lab.current().accounts.look_up(token)) is None:
        clear_session(response, secure=is_secure(request))
    return response


def described(user: User) -> SignedIn:
    """Return a user as the API shows one."""
    return SignedIn(id=user.id, username=user.username, tier=user.tier, role=user.role)


def _signed_in(body: Credentials, address: str, agent: str) -> tuple[User, str]:
    accounts = lab.current().accounts
    user = accounts.sign_in(body.username, body.password.get_secret_value(), address)
    return user, accounts.open_session(user, address, agent)


def _sign_out(token: str) -> None:
    opened = lab.current()
    if found := opened.accounts.user_of(token):
        opened.runs.stop_all(found[0])
    opened.accounts.sign_out(token)


STEPS = [Route(SESSION_PATH.removeprefix("/api"), session), Route(SIGNED_OUT_PATH.removeprefix("/api"), signed_out)]
"""Where a page sends the browser. No part of what the API offers."""
