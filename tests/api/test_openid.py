"""Signing in with the company account, over HTTP from the form's button to the page that was asked for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.openid import Reason
from core.domain.web import BROWSER_COOKIE, FLIGHT_COOKIE, OPENID_CALLBACK_PATH, OPENID_START_PATH, SESSION_COOKIE
from core.errors import Forbidden, InvalidRequest, NotFound, NotSignedIn, StoreUnavailable
from core.services.accounts import FAILURES_BY_ADDRESS
from core.services.openid import Openid
from core.store.tables import audit_log
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.database import copied
from tests.fixtures.http import Served, served_lab
from tests.providers.openid_provider import CLIENT_ID, SECRET, TOKEN, OpenidProvider, Reply


@pytest.fixture(scope="module")
def running() -> Iterator[OpenidProvider]:
    with OpenidProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def company(running, postgres_url: str, migrated_template: str, simulator, tmp_path_factory) -> Iterator[Served]:
    """A lab that is registered at the provider."""
    variables = {"ISSUER": running.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET, "ROLE": "pm"}
    settings = {f"LAB_OPENID_{name}": value for name, value in variables.items()}
    with (
        copied(postgres_url, migrated_template) as url,
        served_lab(url, simulator, tmp_path_factory.mktemp("company"), **settings) as served,
    ):
        yield served


@pytest.fixture
def provider(running: OpenidProvider) -> OpenidProvider:
    """The provider, at which somebody new signs in."""
    running.behave()
    running.person = {"sub": uuid4().hex, "preferred_username": f"user{uuid4().hex[:8]}"}
    return running


@pytest.fixture
def lab(company: Served):
    """The lab, without failed attempts of earlier tests."""
    company.lab.database.call(lambda connection: connection.exec_driver_sql("DELETE FROM sign_in_failures"))
    return company.lab


@pytest.fixture
def openid(lab) -> Openid:
    assert lab.openid
    return lab.openid


@pytest.fixture
def administrator(lab) -> User:
    return lab.accounts.add(f"admin{uuid4().hex[:8]}", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)


class Browser:
    """A browser at the lab's form, in front of the provider."""

    def __init__(self, url: str, provider: OpenidProvider) -> None:
        self.provider = provider
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=15, headers={"user-agent": AGENT})
        self.http.cookies.set(BROWSER_COOKIE, uuid4().hex)

    def start(self, page: str = "/", **headers: str) -> httpx.Response:
        return self.http.get(OPENID_START_PATH, params={"next": page}, headers=headers)

    def come_back(self, page: str = "/", **changes: str) -> httpx.Response:
        """Sign in at the provider and follow it back."""
        return self.http.get(self.provider.approved(self.start(page).headers["location"], **changes))

    def follow(self, url: str) -> httpx.Response:
        return self.http.get(url)

    @property
    def token(self) -> str:
        return self.http.cookies.get(SESSION_COOKIE, "")


@pytest.fixture
def browser(company: Served, lab, provider: OpenidProvider) -> Iterator[Browser]:
    browser = Browser(company.url, provider)
    yield browser
    browser.http.close()


def cookie_of(response: httpx.Response, name: str) -> dict[str, str]:
    """The attributes of a cookie as they were sent, with its value; empty if none was."""
    for header in response.headers.get_list("set-cookie"):
        for found, morsel in SimpleCookie(header).items():
            if found == name:
                return {key: str(value) for key, value in morsel.items() if value} | {"value": morsel.value}
    return {}


def reason(response: httpx.Response) -> str:
    """Why somebody is back at the form, without a session."""
    assert response.status_code == 303
    assert cookie_of(response, SESSION_COOKIE) == {}
    (reason,) = parse_qs(urlsplit(response.headers["location"]).query)["openid"]
    return reason


def notes(lab, user: User) -> list[tuple[str, str, dict]]:
    query = select(audit_log).where(audit_log.c.subject == user.id).order_by(audit_log.c.id)
    rows = lab.database.call(lambda connection: connection.execute(query).all())
    return [(row.actor, row.act, row.details) for row in rows]


def test_whoever_comes_for_the_first_time_gets_an_account_and_a_session(browser: Browser, provider, lab):
    response = browser.come_back("/history?run=1")
    assert (response.status_code, response.headers["location"]) == (303, "/history?run=1")
    user, _ = lab.accounts.user_of(browser.token)
    assert (user.username, user.tier, user.role) == (provider.person["preferred_username"], Tier.TRIAL, Role.PM)
    ((actor, act, details),) = notes(lab, user)
    assert (actor, act, details["after"]["tier"]) == (user.id, "add user", "trial")
    assert user.username not in str(details)
    (session,) = lab.accounts.sessions(user, browser.token)
    assert (session.agent, session.address) == (AGENT, "127.0.0.1")


def test_whoever_comes_again_has_the_same_account_whatever_it_is_called_there_now(browser: Browser, provider, lab):
    browser.come_back()
    first, _ = lab.accounts.user_of(browser.token)
    provider.person["preferred_username"] = "somebody else now"
    provider.claims = {"role": "admin", "tier": "enterprise", "groups": ["admin"]}
    browser.come_back()
    again, _ = lab.accounts.user_of(browser.token)
    assert again == first


def test_the_cookies_stay_out_of_reach_and_the_first_ends_with_the_way(browser: Browser):
    response = browser.start(**{"X-Forwarded-Proto": "https"})
    flight = cookie_of(response, FLIGHT_COOKIE)
    assert (flight["httponly"], flight["samesite"], flight["path"]) == ("True", "lax", OPENID_CALLBACK_PATH)
    assert (flight["secure"], flight["max-age"]) == ("True", "300")
    asked = parse_qs(urlsplit(response.headers["location"]).query)
    assert asked["redirect_uri"][0].startswith("https://127.0.0.1:")
    for secret in ("state", "nonce"):
        assert asked[secret][0] not in flight["value"]
    back = browser.come_back()
    assert cookie_of(back, FLIGHT_COOKIE)["max-age"] == "0"
    session = cookie_of(back, SESSION_COOKIE)
    assert (session["httponly"], session["samesite"]) == ("True", "lax")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "history"])
def test_the_way_in_leads_to_no_other_site(browser: Browser, elsewhere: str):
    assert browser.come_back(elsewhere).headers["location"] == "/"
    assert browser.come_back("/stats").headers["location"] == "/stats"


def test_the_same_answer_opens_one_session(browser: Browser, provider):
    provider.reusable = True
    back = provider.approved(browser.start().headers["location"])
    held = browser.http.cookies.get(FLIGHT_COOKIE)
    assert cookie_of(browser.follow(back), SESSION_COOKIE)
    assert reason(browser.follow(back)) == Reason.EXPIRED  # the cookie is gone
    browser.http.cookies.set(FLIGHT_COOKIE, held, path=OPENID_CALLBACK_PATH)
    assert reason(browser.follow(back)) == Reason.EXPIRED  # and of no use to whoever kept it


def test_an_answer_opens_nothing_in_another_browser(browser: Browser, company, provider):
    back = provider.approved(browser.start().headers["location"])
    held = browser.http.cookies.get(FLIGHT_COOKIE)
    for cookies in ({}, {FLIGHT_COOKIE: held}, {FLIGHT_COOKIE: held, BROWSER_COOKIE: "another"}):
        assert reason(httpx.get(back, cookies=cookies, trust_env=False)) == Reason.EXPIRED
    with Browser(company.url, provider).http as http:
        http.get(OPENID_START_PATH)
        assert reason(http.get(back)) == Reason.EXPIRED
    assert cookie_of(browser.follow(back), SESSION_COOKIE)


@pytest.mark.parametrize("held", ["", "x", "gAAAAABn"])
def test_a_forged_cookie_is_of_no_use(browser: Browser, provider, held: str):
    back = provider.approved(browser.start().headers["location"])
    browser.http.cookies.delete(FLIGHT_COOKIE)
    browser.http.cookies.set(FLIGHT_COOKIE, held, path=OPENID_CALLBACK_PATH)
    assert reason(browser.follow(back)) == Reason.EXPIRED


def test_a_foreign_state_opens_nothing_and_costs_nothing(browser: Browser, provider):
    right = provider.approved(browser.start("/stats").headers["location"])
    for state in ("another", "", "ä"):
        assert reason(browser.follow(_with(right, state=state))) == Reason.EXPIRED
    assert browser.follow(right).headers["location"] == "/stats"


def test_who_takes_too_long_begins_again(browser: Browser, openid: Openid, provider, monkeypatch):
    back = provider.approved(browser.start("/stats").headers["location"])
    now = openid._now
    monkeypatch.setattr(openid, "_now", lambda: now() + timedelta(minutes=5))
    assert reason(browser.follow(back)) == Reason.EXPIRED


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("access_denied", Reason.CANCELLED),
        ("interaction_required", Reason.CANCELLED),
        ("temporarily_unavailable", Reason.AWAY),
        ("<script>", Reason.AWAY),
    ],
)
def test_who_cancels_is_back_at_the_page_that_was_asked_for(browser: Browser, provider, error: str, why: Reason):
    asked = parse_qs(urlsplit(browser.start("/stats?by=model").headers["location"]).query)
    response = browser.follow(f"{OPENID_CALLBACK_PATH}?{urlencode({'error': error, 'state': asked['state'][0]})}")
    assert reason(response) == why
    assert response.headers["location"] == f"/stats?by=model&openid={why}"


def test_an_answer_without_a_code_is_none(browser: Browser, provider):
    assert reason(browser.come_back(code="")) == Reason.AWAY


def test_the_answer_of_another_issuer_is_not_for_us(browser: Browser, provider):
    assert reason(browser.come_back(iss="https://evil.example")) == Reason.UNTRUSTED
    assert cookie_of(browser.come_back(iss=provider.issuer), SESSION_COOKIE)


def test_a_token_that_is_not_believed_opens_nothing(browser: Browser, provider, lab):
    provider.claims = {"nonce": "another"}
    assert reason(browser.come_back()) == Reason.UNTRUSTED
    assert lab.accounts.user_of(browser.token) is None


def test_with_the_provider_down_one_is_back_at_the_form(browser: Browser, provider):
    provider.replies[TOKEN] = Reply(503)
    assert reason(browser.come_back("/stats")) == Reason.AWAY


def test_a_browser_without_cookies_is_told_so(browser: Browser):
    browser.http.cookies.clear()
    assert reason(browser.start()) == Reason.COOKIES


def test_with_the_database_away_one_is_back_at_the_form(browser: Browser, lab, monkeypatch):
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(lab.openid._attempts, "begin", away)
    assert reason(browser.come_back()) == Reason.STORE


def test_an_address_that_fails_too_often_waits_and_one_that_succeeds_does_not(browser: Browser, provider):
    for _ in range(FAILURES_BY_ADDRESS - 1):
        assert reason(browser.come_back(code="guessed")) == Reason.EXPIRED
    assert cookie_of(browser.come_back(), SESSION_COOKIE)
    for _ in range(FAILURES_BY_ADDRESS):
        assert reason(browser.come_back(code="guessed")) == Reason.EXPIRED
    asked = len(provider.asked)
    assert reason(browser.come_back()) == Reason.THROTTLED
    assert len(provider.asked) == asked


def test_a_disabled_account_opens_nothing(browser: Browser, lab):
    browser.come_back()
    user, _ = lab.accounts.user_of(browser.token)
    lab.accounts.disable(user.username)
    assert reason(browser.come_back()) == Reason.DISABLED
    lab.accounts.enable(user.username)
    assert cookie_of(browser.come_back(), SESSION_COOKIE)


def test_a_password_account_is_nobodys_until_an_administrator_links_it(browser: Browser, provider, lab, administrator):
    ann = lab.accounts.add(f"ann{uuid4().hex[:8]}", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)
    provider.person["preferred_username"] = ann.username.upper()
    assert reason(browser.come_back()) == Reason.TAKEN
    linked = lab.openid.people.link(administrator, ann.username, provider.person["sub"])
    assert linked.id == ann.id
    browser.come_back()
    user, _ = lab.accounts.user_of(browser.token)
    assert (user.id, user.tier, user.role) == (ann.id, Tier.ENTERPRISE, Role.ADMIN)
    assert lab.accounts.sign_in(ann.username, PASSWORD, ADDRESS).id == ann.id
    actor, act, details = notes(lab, ann)[-1]
    assert (actor, act) == (administrator.id, "link account")
    assert details == {"before": {"company account": "none"}, "after": {"company account": "linked"}}


def test_a_namesake_from_the_provider_is_told_apart_by_a_number(browser: Browser, provider, lab):
    name = provider.person["preferred_username"]
    browser.come_back()
    provider.person["sub"] = "somebody-else"
    browser.come_back()
    user, _ = lab.accounts.user_of(browser.token)
    assert user.username == f"{name} 2"


def test_an_account_has_one_company_account_and_the_other_way_round(browser: Browser, provider, lab, administrator):
    people, subject = lab.openid.people, provider.person["sub"]
    browser.come_back()
    with pytest.raises(InvalidRequest, match="Another account"):
        people.link(administrator, administrator.username, subject)
    with pytest.raises(NotFound):
        people.link(administrator, "nobody", "s-1")
    with pytest.raises(InvalidRequest, match="subject"):
        people.link(administrator, administrator.username, "")
    user, _ = lab.accounts.user_of(browser.token)
    with pytest.raises(Forbidden):
        people.link(user, user.username, "s-1")
    people.link(administrator, user.username, "another-subject")
    assert people.link(administrator, administrator.username, subject).id == administrator.id


def test_an_account_without_a_password_hears_the_same_words_at_the_form(browser: Browser, provider, lab):
    browser.come_back()
    user, _ = lab.accounts.user_of(browser.token)
    assert not lab.openid.people.ways_in(user).password
    for password in ("!", "", PASSWORD):
        with pytest.raises(NotSignedIn, match="do not match"):
            lab.accounts.sign_in(user.username, password, ADDRESS)


def test_two_tabs_at_once_make_one_account(browser: Browser, company, provider, lab, monkeypatch):
    monkeypatch.setattr(lab.openid.people._store, "find", lambda openid: None)
    browser.come_back()
    first, _ = lab.accounts.user_of(browser.token)
    again, _ = lab.accounts.user_of(cookie_of(browser.come_back(), SESSION_COOKIE)["value"])
    assert again.id == first.id


def test_no_secret_of_the_way_reaches_a_log(browser: Browser, provider, caplog):
    caplog.set_level("DEBUG", "core")
    provider.claims = {"aud": "another"}
    start = browser.start()
    back = provider.approved(start.headers["location"])
    assert reason(browser.follow(back)) == Reason.UNTRUSTED
    held = browser.http.cookies.get(FLIGHT_COOKIE) or ""
    sent = [*parse_qs(urlsplit(back).query).values(), *parse_qs(urlsplit(start.headers["location"]).query).values()]
    secrets = {value for values in sent for value in values if len(value) > 20 and "://" not in value}
    assert len(secrets) >= 4
    assert "InvalidAudienceError" in caplog.text
    for secret in (*secrets, SECRET, *filter(None, [held])):
        assert secret not in caplog.text


def test_without_a_provider_there_is_nothing(served: Served):
    for path in (OPENID_START_PATH, OPENID_CALLBACK_PATH):
        response = httpx.get(f"{served.url}{path}", trust_env=False)
        assert (response.status_code, response.json()) == (404, {"detail": "There is nothing here."})


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "ann@example.com", "email_verified": True}, None),
        ({"email": "ann@example.com"}, Reason.OUTSIDE),
        ({"email": "ann@example.com", "email_verified": False}, Reason.OUTSIDE),
        ({"email": "ann@example.org", "email_verified": True}, Reason.OUTSIDE),
        ({}, Reason.OUTSIDE),
    ],
)
def test_only_confirmed_addresses_of_the_named_domains_come_in(
    browser: Browser, provider, openid: Openid, monkeypatch, claims, why
):
    people = openid.people
    monkeypatch.setattr(people, "_registration", replace(people._registration, domains=frozenset({"example.com"})))
    provider.person |= claims
    response = browser.come_back()
    assert reason(response) == why if why else cookie_of(response, SESSION_COOKIE)


def _with(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode(query)))
