"""The way to the company's provider as the pages show it."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.openid import WORDS, Reason, WaysIn
from core.settings import ROOT
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.frame import Browser, opened

NAME = "the **Company**"


@pytest.fixture
def ways() -> SimpleNamespace:
    """How the owner of an account may sign in."""
    return SimpleNamespace(password=False)


@pytest.fixture
def company(browser: Browser, ways: SimpleNamespace) -> Browser:
    """A browser in front of a lab that has a provider."""
    people = SimpleNamespace(ways_in=lambda user: WaysIn(password=ways.password, company=True))
    open_lab: Any = lab.current()
    open_lab.openid = SimpleNamespace(name=NAME, people=people)
    return browser


def form(**query: str) -> AppTest:
    """The form at the first page, asked for with `query`."""
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=20)
    app.query_params.update(query)
    return app.run()


def test_the_button_stands_above_the_form_and_leads_to_the_provider(company: Browser):
    app = opened(company, "history")
    assert [button.label for button in app.button] == [r"Sign in with the \*\*Company\*\*", "Sign in"]
    assert [heading.value for heading in (*app.header, *app.subheader)] == ["Testing Lab", "Or with a password"]
    app.button[0].click().run()
    assert company.left_for == ["/api/v1/auth/openid/start?next=%2Fhistory"]


@pytest.mark.parametrize("reason", list(Reason))
def test_who_comes_back_reads_why_in_words(company: Browser, reason: Reason):
    app = form(run="3f2a", openid=reason)
    assert [line.value for line in app.error] == [WORDS[reason]]
    app.button[0].click().run()
    assert company.left_for == ["/api/v1/auth/openid/start?next=%2F%3Frun%3D3f2a"]


@pytest.mark.parametrize("reason", ["", "**bold**", "CANCELLED"])
def test_what_is_no_reason_is_not_shown(company: Browser, reason: str):
    assert not form(openid=reason).error


def test_the_password_leads_on_without_the_reason(company: Browser):
    app = form(openid="cancelled")
    app.text_input[0].input("ann")
    app.text_input[1].input(PASSWORD)
    app.button[1].click().run()
    assert company.left_for[0].endswith("&next=%2F")


def test_without_a_provider_there_is_the_form_alone(browser: Browser):
    app = form(openid="cancelled")
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.error
    assert [heading.value for heading in (*app.header, *app.subheader)] == ["Testing Lab"]


@pytest.mark.parametrize("password", [True, False])
def test_only_who_has_a_password_may_change_it(company: Browser, signed_in: Browser, ways, password: bool):
    ways.password = password
    app = opened(signed_in)
    assert ("Current password" in [box.label for box in app.text_input]) is password
    said = r"You sign in with the \*\*Company\*\*. The lab keeps no password of yours."
    assert (said in [line.value for line in app.markdown]) is not password
