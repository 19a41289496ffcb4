"""The way to the provider and back, over HTTP from the form's button to the page that was asked for."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from core.domain.openid import Reason
from core.domain.web import BROWSER_COOKIE, FLIGHT_COOKIE, OPENID_CALLBACK_PATH, OPENID_START_PATH, SESSION_COOKIE
from core.errors import StoreUnavailable
from core.services.accounts import FAILURES_BY_ADDRESS
from core.services.openid import Openid
from tests.fixtures.http import Served
from tests.fixtures.openid import Browser, cookie_of, reason
from tests.providers.openid_provider import SECRET, TOKEN, Reply


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
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("core."))
    assert "InvalidAudienceError" in logged
    for secret in (*secrets, SECRET, *filter(None, [held])):
        assert secret not in logged


def test_without_a_provider_there_is_nothing(served: Served):
    for path in (OPENID_START_PATH, OPENID_CALLBACK_PATH):
        response = httpx.get(f"{served.url}{path}", trust_env=False)
        assert (response.status_code, response.json()) == (404, {"detail": "There is nothing here."})


def _with(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode(query)))
