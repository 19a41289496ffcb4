"""Signing in and out over HTTP."""

from http.cookies import SimpleCookie

import httpx
import pytest

from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE, SESSION_PATH, SIGNED_OUT_PATH
from core.services.accounts import FAILURES_BY_NAME, Accounts
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD

LOGIN, LOGOUT = "/api/v1/auth/login", "/api/v1/auth/logout"
BEHIND_TLS = {"X-Forwarded-Proto": "https"}


def login(client: httpx.Client, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    return client.post(LOGIN, json={"username": name, "password": password}, headers=headers)


def session_cookie(response: httpx.Response) -> dict[str, str]:
    """The attributes of the session's cookie as they were sent, with its value; empty if none was."""
    for header in response.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(header).items():
            if name == SESSION_COOKIE:
                return {key: str(value) for key, value in morsel.items() if value} | {"value": morsel.value}
    return {}


def test_signing_in_tells_the_user_and_sets_a_cookie_that_no_script_can_read(client, accounts: Accounts, name: str):
    response = login(client, name)
    assert response.status_code == 200
    assert response.json() == {"id": response.json()["id"], "username": name, "tier": "starter", "role": "ops"}
    cookie = session_cookie(response)
    found = accounts.user_of(cookie["value"])
    assert found is not None
    assert found[0].id == response.json()["id"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == ("True", "lax", "/")
    assert "domain" not in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_under_https(client, name: str):
    assert session_cookie(login(client, name, **BEHIND_TLS))["secure"] == "True"


def test_wrong_and_unknown_names_get_the_same_401(client, name: str):
    wrong, unknown = login(client, name, "wrong"), login(client, f"not-{name}")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() == unknown.json()
    assert session_cookie(wrong) == {}


def test_too_many_attempts_get_429_and_are_told_when_to_come_back(client, name: str):
    for _ in range(FAILURES_BY_NAME):
        login(client, name, "wrong")
    response = login(client, name)
    detail = response.json()["detail"]
    assert response.status_code == 429
    assert (detail["limit"], detail["used"]) == (FAILURES_BY_NAME, FAILURES_BY_NAME)
    assert set(detail) == {"error", "limit", "used", "resets_at"}
    assert 0 < int(response.headers["retry-after"]) <= 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"username": "a"}',
        b'{"username": "a", "password": null}',
        b'{"username": NaN, "password": "b"}',
        b'{"username": "a", "password": "b", "role": "admin"}',
        b'{"username": "\xff", "password": "b"}',
        b'{"username": "\\ud800", "password": "b"}',
        b"[" * 3000,
    ],
)
def test_a_body_that_does_not_validate_gets_422_in_words(client, product, body: bytes):
    response = client.post(LOGIN, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert isinstance(response.json()["detail"], str)
    assert "Traceback" not in response.text


def test_a_nul_in_the_name_is_just_a_wrong_name(client, accounts: Accounts):
    assert login(client, "a\0b").status_code == 401


def test_a_body_without_end_is_cut_off(client, product):
    def endless():
        for _ in range(300):
            yield b" " * (1 << 20)

    try:
        status = client.post(LOGIN, content=endless(), headers={"Content-Type": "application/json"}).status_code
    except httpx.WriteError:
        status = 413
    assert status == 413
    assert client.post(LOGIN, json={"username": "x" * 5000, "password": ""}).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_is_not_json_is_refused(client, name: str, content_type: str):
    body = f'{{"username": "{name}", "password": "{PASSWORD}"}}'
    response = client.post(LOGIN, content=body, headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert session_cookie(response) == {}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_another_site_can_sign_nobody_in_or_out(client, accounts: Accounts, name: str, origin: str):
    assert login(client, name, Origin=origin).status_code == 403
    token = session_cookie(login(client, name))["value"]
    assert client.post(LOGOUT, headers={"Origin": origin}).status_code == 403
    assert accounts.user_of(token) is not None


def test_our_own_pages_can(client, product, name: str):
    assert login(client, name, Origin=product.url).status_code == 200


def test_signing_out_ends_the_session_on_the_server(client, accounts: Accounts, name: str):
    token = session_cookie(login(client, name))["value"]
    assert client.post(LOGOUT).status_code == 200
    assert accounts.user_of(token) is None
    assert SESSION_COOKIE not in client.cookies
    assert client.post(LOGOUT).status_code == 200


def code_for(accounts: Accounts, client: httpx.Client, name: str) -> str:
    """A one-time code for the browser that `client` plays."""
    client.get("/")
    user = accounts.sign_in(name, PASSWORD, ADDRESS)
    return accounts.issue_code(user, client.cookies[BROWSER_COOKIE])


def test_a_code_becomes_a_cookie_once_and_leads_on(client, accounts: Accounts, name: str):
    code = code_for(accounts, client, name)
    first = client.get(SESSION_PATH, params={"code": code, "next": "/history?run=1"})
    again = client.get(SESSION_PATH, params={"code": code, "next": "/history?run=1"})
    assert (first.status_code, first.headers["location"]) == (303, "/history?run=1")
    assert (again.status_code, again.headers["location"]) == (303, "/history?run=1")
    found = accounts.user_of(session_cookie(first)["value"])
    assert found is not None
    assert found[0].username == name
    assert session_cookie(again) == {}


def test_a_code_that_was_lured_into_another_browser_signs_nobody_in(client, product, accounts: Accounts, name: str):
    code = code_for(accounts, client, name)
    with httpx.Client(base_url=product.url, trust_env=False) as victim:
        victim.get("/")
        for cookies in (victim.cookies, None):
            response = httpx.get(
                f"{product.url}{SESSION_PATH}", params={"code": code}, cookies=cookies, trust_env=False
            )
            assert session_cookie(response) == {}


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "history"])
def test_the_way_in_leads_to_no_other_site(client, product, elsewhere: str):
    response = client.get(SESSION_PATH, params={"code": "x", "next": elsewhere})
    assert response.headers["location"] == "/"


def test_a_link_cannot_sign_anybody_out_and_a_dead_cookie_is_forgotten(client, accounts: Accounts, name: str):
    token = session_cookie(login(client, name))["value"]
    assert session_cookie(client.get(SIGNED_OUT_PATH)) == {}
    assert accounts.user_of(token) is not None
    accounts.sign_out(token)
    assert session_cookie(client.get(SIGNED_OUT_PATH))["max-age"] == "0"
    assert SESSION_COOKIE not in client.cookies


def test_the_session_names_the_browser_to_its_owner(client, accounts: Accounts, name: str):
    token = session_cookie(login(client, name, **{"User-Agent": AGENT}))["value"]
    found = accounts.user_of(token)
    assert found is not None
    (session,) = accounts.sessions(found[0], token)
    assert (session.agent, session.address, session.current) == (AGENT, "127.0.0.1", True)
