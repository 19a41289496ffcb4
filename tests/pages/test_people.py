"""The page of people, before real services; and what a link to set a password opens."""

import os
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.access import CONTRACT, Role, Tier, rule_of
from core.domain.accounts import User
from core.domain.limits import Cap, Limits, OwnLimits
from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK
from core.errors import NotSignedIn
from core.services.accounts import Accounts
from core.services.copies import Copies
from core.services.password_links import PasswordLinks
from core.services.people import People
from core.services.tiers import Tiers
from core.settings import ROOT
from core.store.attempts import AttemptStore
from core.store.changes import ChangeStore
from core.store.password_links import PasswordLinkStore
from core.store.people import PeopleStore
from core.store.rollups import Rollups
from core.store.tiers import TierStore
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock
from tests.fixtures.frame import Browser, Runs, opened

NEW = "another horse entirely"
HOSTILE = "<img src=x> **bold** $x$ [a](http://b)"


@pytest.fixture
def people(database, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> People:
    """Everybody's accounts in the open lab, in front of which the browser is."""
    links = PasswordLinkStore(database)
    open_lab: Any = lab.current()
    open_lab.people = People(PeopleStore(Rollups(database, ZoneInfo("UTC"))), links, now=Clock())
    open_lab.password_links = PasswordLinks(links, AttemptStore(database), now=Clock())
    open_lab.tiers = Tiers(TierStore(database), Copies(ChangeStore(database)))
    open_lab.tiers.load()
    open_lab.models = Models()
    open_lab.settings.timezone = ZoneInfo("UTC")
    open_lab.settings.host, open_lab.settings.port = "127.0.0.1", 8501
    monkeypatch.setattr(open_lab.runs, "limits", lambda user: user.limits.over(Limits(100, 8)), raising=False)
    return open_lab.people


class Models:
    """Stands for the list of models."""

    def all(self) -> list[ModelInfo]:
        return [ModelInfo(id=name, display_name=name, prices=FALLBACK) for name in ("groq/a", "openai/b", "local/c")]


@pytest.fixture
def admin(accounts: Accounts, browser: Browser) -> User:
    """The administrator, who is signed in."""
    user = accounts.add("root", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)
    browser.token = accounts.open_session(user, ADDRESS, AGENT)
    return user


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return next(user for user in accounts.all() if user.username == "ann")


def page(browser: Browser, **query: str) -> AppTest:
    app = opened(browser, "people")
    if query:
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    button = next(one for one in app.button if one.label == label)
    app = button.click().run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return "\n".join(one.value for kind in (app.markdown, app.caption, app.subheader) for one in kind)


def field(app: AppTest, kind: str, label: str) -> Any:
    return next(one for one in getattr(app, kind) if one.label == label)


def test_it_is_for_administrators(people: People, signed_in: Browser):
    app = opened(signed_in, "people")
    assert not app.dataframe
    assert "Somebody" not in shown(app)


def test_everybody_is_listed(people: People, admin: User, browser: Browser):
    app = page(browser)
    table = app.dataframe[0].value
    assert list(table["Name"]) == ["ann", "root"]
    assert list(table["Tier"]) == ["Starter", "Enterprise"]
    assert list(table["Role"]) == ["Operations", "Administrator"]
    assert "2 people" in shown(app)


def test_a_filter_that_nobody_fits_offers_the_way_back(people: People, admin: User, browser: Browser):
    app = page(browser)
    field(app, "text_input", "Name").set_value("nobody").run()
    assert "Nobody fits" in shown(app)
    press(app, "Clear filters")
    assert len(app.dataframe[0].value) == 2


def test_a_person_is_opened_changed_and_told_of(people: People, admin: User, ann: User, browser: Browser):
    app = page(browser, person=ann.id)
    assert "0 of 100 runs this month" in shown(app)
    field(app, "text_input", "Runs a month").set_value("250")
    app.selectbox(key=f"tier-{ann.id}").set_value(Tier.TRIAL)
    press(app, "Save")
    assert people.find(admin, ann.id).user.limits == OwnLimits(Cap(250))
    assert people.find(admin, ann.id).user.tier is Tier.TRIAL
    assert "0 of 250 runs this month" in shown(app)
    field(app, "text_input", "Runs a month").set_value("")
    press(app, "Save")
    assert people.find(admin, ann.id).user.limits == OwnLimits()


def test_what_is_no_limit_is_said_and_stays_as_it_was_typed(people: People, admin: User, ann: User, browser: Browser):
    app = page(browser, person=ann.id)
    field(app, "text_input", "Runs at once").set_value("a few")
    press(app, "Save")
    assert "“a few” is no number of runs" in app.error[0].value
    assert field(app, "text_input", "Runs at once").value == "a few"
    assert people.find(admin, ann.id).user.limits == OwnLimits()


def test_the_last_administrator_is_told_why_the_role_stays(people: People, admin: User, browser: Browser):
    app = page(browser, person=admin.id)
    app.selectbox(key=f"role-{admin.id}").set_value(Role.OPS)
    press(app, "Save")
    assert "last administrator" in app.error[0].value
    assert next(one for one in app.button if one.label == "Disable").disabled


def test_a_link_is_shown_once(people: People, admin: User, ann: User, browser: Browser):
    app = press(page(browser, person=ann.id), "Password link")
    (link,) = [one.value for one in app.code]
    assert link.startswith("http://127.0.0.1:8501/?link=")
    assert "a link to set a password works until" in shown(app)
    assert not app.run().code


def test_a_person_is_signed_out_disabled_and_enabled(
    people: People, accounts: Accounts, admin: User, ann: User, browser: Browser
):
    app = page(browser, person=ann.id)
    assert "Not signed in anywhere" in shown(app)
    token = accounts.open_session(ann, ADDRESS, AGENT)
    press(app.run(), "Sign out everywhere")
    assert accounts.user_of(token) is None
    press(app, "Disable ann")
    assert not people.find(admin, ann.id).user.enabled
    assert "This account is disabled" in shown(app)
    press(app, "Enable")
    assert people.find(admin, ann.id).user.enabled


def test_somebody_who_is_gone_is_said_in_words(people: People, admin: User, browser: Browser):
    app = page(browser, person="nobody")
    assert "no such person" in app.info[0].value
    press(app, "Back to the list")
    assert not app.info


def test_a_name_is_shown_as_it_is_written(people: People, admin: User, browser: Browser):
    user = people.add(admin, HOSTILE, tier=Tier.TRIAL, role=Role.OPS).user
    app = page(browser, person=user.id)
    assert "\\<img src\\=x\\> \\*\\*bold\\*\\* \\$x\\$" in shown(app)
    assert HOSTILE not in shown(app)


def test_a_person_is_added_with_a_link(people: People, admin: User, browser: Browser):
    app = press(page(browser), "Add person")
    field(app, "text_input", "User name").set_value("bob")
    add = [one for one in app.button if one.label == "Add person"][-1]
    app = add.click().run()
    assert "/?link=" in app.code[0].value
    press(app, "Done")
    assert not app.code
    assert list(app.dataframe[0].value["Name"]) == ["ann", "bob", "root"]


def test_who_cannot_be_added_stays_in_the_form(people: People, admin: User, browser: Browser):
    app = press(page(browser), "Add person")
    field(app, "text_input", "User name").set_value("ANN")
    app = [one for one in app.button if one.label == "Add person"][-1].click().run()
    assert "already a user named ANN" in app.error[0].value
    assert field(app, "text_input", "User name").value == "ANN"


def test_people_are_imported_after_their_rows_were_judged(people: People, admin: User, browser: Browser):
    app = press(page(browser), "Import")
    app.text_area[0].set_value("username,tier,role\nbob,trial,ops\nann,trial,ops")
    press(app, "Check")
    assert "1 of 2 can be added" in shown(app)
    assert "Somebody has this name." in list(app.dataframe[-1].value["What comes of it"])
    press(app, "Add 1 person")
    assert "Added: 1." in app.success[0].value
    assert app.get("download_button")
    press(app, "Done")
    assert list(app.dataframe[0].value["Name"]) == ["ann", "bob", "root"]
    assert not app.get("download_button")


def test_what_is_no_file_of_people_is_said(people: People, admin: User, browser: Browser):
    app = press(page(browser), "Import")
    app.text_area[0].set_value("bob")
    press(app, "Check")
    assert "first line has to name the columns" in app.error[0].value
    assert app.text_area[0].value == "bob"


def test_a_tier_is_changed_and_reset(people: People, admin: User, browser: Browser):
    app = page(browser, view="tiers")
    assert "May use 2 of 3 listed models." in shown(app)
    app.text_area[0].set_value("openai/\n")
    field(app, "text_input", "Runs a month").set_value("7")
    press(app, "Save trial")
    rule = rule_of(Tier.TRIAL, lab.current().tiers.rules)
    assert (rule.runs_a_month, rule.prefixes, rule.free_on_openrouter) == (7, ("openai/",), True)
    press(app, "Reset all tiers now")
    assert lab.current().tiers.rules == CONTRACT
    assert app.text_area[0].value == "local/"


def test_what_can_be_no_rule_is_said_and_stays_as_it_was_typed(people: People, admin: User, browser: Browser):
    app = page(browser, view="tiers")
    app.text_area[0].set_value("gpt")
    press(app, "Save trial")
    assert "“gpt” is no beginning of a model" in app.error[0].value
    assert app.text_area[0].value == "gpt"
    assert lab.current().tiers.rules == CONTRACT


@pytest.fixture
def code(people: People, admin: User, ann: User, browser: Browser) -> str:
    """The code of a link of ann's, which a browser opens in which nobody is signed in."""
    browser.token = ""
    return people.make_link(admin, ann.id).code


def follow(code: str) -> AppTest:
    app = AppTest.from_file(os.fspath(ROOT / "pages" / "main.py"), default_timeout=20)
    app.query_params["link"] = code
    return app.run()


def set_password(app: AppTest, new: str, again: str) -> AppTest:
    for box, text in zip(app.text_input, (new, again), strict=True):
        box.input(text)
    return press(app, "Set password")


def test_a_link_opens_the_form_that_sets_the_password(accounts: Accounts, code: str):
    app = set_password(follow(code), NEW, NEW)
    assert "Your password is set" in app.success[0].value
    assert not app.text_input
    assert accounts.sign_in("ann", NEW, ADDRESS)
    press(app, "Sign in")
    assert "link" not in app.query_params
    assert [box.label for box in app.text_input] == ["User name", "Password"]


@pytest.mark.parametrize(("new", "again", "words"), [(NEW, "other", "differ"), ("short", "short", "10 characters")])
def test_what_will_not_do_is_said_and_the_link_still_works(
    accounts: Accounts, code: str, new: str, again: str, words: str
):
    app = set_password(follow(code), new, again)
    assert words in app.error[0].value
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", new, ADDRESS)
    assert set_password(app, NEW, NEW).success


def test_a_link_that_does_not_work_says_so_and_shows_no_form(people: People, code: str, admin: User, ann: User):
    for dead in ("forged", code):
        if dead == code:
            people.make_link(admin, ann.id)
        app = follow(dead)
        assert "used already, or it has expired" in app.error[0].value
        assert not app.text_input
    press(app, "To the sign-in")
    assert len(app.text_input) == 2


def test_who_may_run_nothing_this_month_sees_so(people: People, admin: User, browser: Browser, runs: Runs):
    runs.limit = 0
    app = page(browser)
    assert "0 runs left" in app.sidebar.get("progress")[0].proto.text
