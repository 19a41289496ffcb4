"""What stands before every request."""

from http.cookies import SimpleCookie
from typing import Any

import anyio
import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.api.security import CONTENT_SECURITY_POLICY, OWNER_HEADER, Security
from core.domain.access import Role
from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE
from core.services.accounts import Accounts
from tests.browser.product import Product
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD

SERVED = ["/", "/history", "/favicon.png", "/_stcore/health", "/api/v1/health", "/api/nowhere", "/_stcore/metrics"]


@pytest.mark.parametrize("path", SERVED)
def test_every_answer_carries_the_headers(client: httpx.Client, path: str):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers


def test_https_is_told_to_stay_https(client: httpx.Client):
    assert "max-age" in client.get("/", headers={"X-Forwarded-Proto": "https"}).headers["strict-transport-security"]


def test_the_policy_lets_nothing_in_from_elsewhere_and_no_script_that_is_not_ours():
    policy = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    assert policy["default-src"] == policy["object-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert "://" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/upload_file/a/b"]
)
def test_what_asks_for_no_sign_in_is_closed(client: httpx.Client, method: str, path: str):
    response = client.request(method, path)
    assert (response.status_code, response.json()) == (404, {"detail": "There is nothing here."})


@pytest.mark.parametrize("path", ["/api/", "/api/x", "/api/v1", "/api/v1/auth", "/api/v2/health"])
def test_an_unknown_path_of_the_api_is_a_json_404(client: httpx.Client, path: str):
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "There is nothing here."})
    assert response.headers["cache-control"] == "no-store"


def test_a_wrong_method_is_a_json_405(client: httpx.Client):
    response = client.get("/api/v1/auth/login")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "detail" in response.json()


def test_the_product_says_that_it_lives_and_that_it_can_serve(client: httpx.Client):
    assert client.get("/api/v1/health").json() == {"status": "ok"}
    assert client.get("/api/v1/ready").json() == {"status": "ready"}


def test_the_first_page_is_found_by_its_name(client: httpx.Client):
    assert client.get("/playground?run=7").headers["location"] == "/?run=7"


def test_a_browser_gets_its_name_once_and_with_a_page_only(client: httpx.Client):
    for path in ("/api/v1/health", "/_stcore/health", "/favicon.png"):
        assert BROWSER_COOKIE not in client.get(path).headers.get("set-cookie", "")
    cookie = SimpleCookie(client.get("/").headers["set-cookie"])[BROWSER_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], len(cookie.value)) == (True, "Lax", 43)
    assert BROWSER_COOKIE not in client.get("/").headers.get("set-cookie", "")


async def test_a_stream_passes_through_piece_by_piece():
    arrived: list[bytes] = []
    seen = anyio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        with anyio.fail_after(1):
            await seen.wait()
        await send({"type": "http.response.body", "body": b"last"})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            arrived.append(message["body"])
            seen.set()

    scope = {"type": "http", "path": "/", "scheme": "http", "headers": [], "server": ("lab", 80), "query_string": b""}
    await Security(app)(scope, None, send)  # type: ignore[arg-type]
    assert arrived == [b"first", b"last"]


async def test_nobody_can_name_the_owner_of_a_page_in_a_header():
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    for forged in ([], [(OWNER_HEADER.encode(), b"forged")], [(b"X-Lab-Owner", b"forged")]):
        await Security(app)({"type": "websocket", "headers": forged, "path": "/"}, None, None)  # type: ignore[arg-type]
    told = [[value for key, value in scope["headers"] if key.lower() == OWNER_HEADER.encode()] for scope in scopes]
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == 1


def page_of(product: Product, cookies: dict[str, str], known: str = "") -> tuple[str, str]:
    """Open a page as a browser does, over a WebSocket, and return its id and all that it was sent.

    `known` is the id of an earlier page, which a browser sends when its connection was lost.
    """
    address = product.url.replace("http", "ws") + "/_stcore/stream"
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    rerun = BackMsg()
    rerun.rerun_script.query_string = ""
    offered: Any = ["streamlit", "token", known] if known else ["streamlit", "token"]
    with connect(address, subprotocols=offered, additional_headers={"Cookie": header}, proxy=None) as socket:
        socket.send(rerun.SerializeToString())
        sent, page_id, finished = "", "", False
        while not finished:
            message = ForwardMsg.FromString(socket.recv(timeout=20))
            sent += str(message)
            page_id = message.new_session.initialize.session_id or page_id
            finished = message.WhichOneof("type") == "script_finished"
        return page_id, sent


@pytest.fixture
def signed_in(client: httpx.Client, accounts: Accounts, name: str) -> dict[str, str]:
    """The cookies of a browser in which somebody is signed in."""
    client.get("/")
    token = accounts.open_session(accounts.sign_in(name, PASSWORD, ADDRESS), ADDRESS, AGENT)
    return {BROWSER_COOKIE: client.cookies[BROWSER_COOKIE], SESSION_COOKIE: token}


def test_a_lost_connection_finds_its_page_again(product: Product, signed_in: dict[str, str], name: str):
    page_id, sent = page_of(product, signed_in)
    assert name in sent
    assert page_of(product, signed_in, known=page_id)[0] == page_id


@pytest.mark.parametrize("held", [(), (BROWSER_COOKIE,), (SESSION_COOKIE,)])
def test_the_id_of_a_page_without_its_cookies_opens_nothing_of_it(
    product: Product, signed_in: dict[str, str], name: str, held: tuple[str, ...]
):
    page_id, _ = page_of(product, signed_in)
    stolen_id, sent = page_of(product, {cookie: signed_in[cookie] for cookie in held}, known=page_id)
    assert stolen_id != page_id
    assert (name in sent) == (SESSION_COOKIE in held)


def test_the_id_of_a_page_is_worth_nothing_to_somebody_else_who_is_signed_in(
    product: Product, signed_in: dict[str, str], accounts: Accounts, name: str
):
    page_id, _ = page_of(product, signed_in)
    admin = next(user for user in accounts.all() if user.role == Role.ADMIN)
    theirs = accounts.open_session(admin, ADDRESS, AGENT)
    other_id, sent = page_of(product, signed_in | {SESSION_COOKIE: theirs}, known=page_id)
    assert other_id != page_id
    assert name not in sent


@pytest.mark.parametrize("token", ["", "forged", "a" * 43, "%00", '"'])
def test_a_forged_cookie_shows_the_sign_in_form(product: Product, signed_in: dict[str, str], name: str, token: str):
    _, sent = page_of(product, signed_in | {SESSION_COOKIE: token})
    assert "Sign in" in sent
    assert name not in sent
    assert "Traceback" not in sent


def test_after_signing_out_neither_cookie_nor_page_is_worth_anything(
    product: Product, signed_in: dict[str, str], accounts: Accounts, name: str
):
    page_id, _ = page_of(product, signed_in)
    accounts.sign_out(signed_in[SESSION_COOKIE])
    _, sent = page_of(product, signed_in, known=page_id)
    assert "Sign in" in sent
    assert name not in sent


def test_another_site_cannot_open_a_page(product: Product):
    address = product.url.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus), connect(address, origin="https://evil.example", proxy=None):  # type: ignore[arg-type]
        pass
