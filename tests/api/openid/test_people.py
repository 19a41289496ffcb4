"""Whose account a company identity is, and who gets a new one."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.openid import Reason
from core.domain.web import SESSION_COOKIE
from core.errors import Forbidden, InvalidRequest, NotFound, NotSignedIn
from core.services.openid import Openid
from core.store.tables import audit_log
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.openid import Browser, cookie_of, reason


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
