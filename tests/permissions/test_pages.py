"""Each page is seen by those whom it is for; to everybody else it shows nothing of what it holds.

The folder says which pages there are, so one without a row fails.
"""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.domain.access import Role
from core.settings import ROOT
from pages.components import session
from tests.fixtures.accounts import ADDRESS
from tests.fixtures.frame import Browser, opened
from tests.permissions.rows import ADMIN, EVERYBODY, PM

FRAME = "main"
PAGES = {
    "playground": EVERYBODY,
    "history": EVERYBODY,
    "stats": EVERYBODY,
    "developers": EVERYBODY,
    "account": EVERYBODY,
    "budgets": EVERYBODY,
    "prices": PM,
    "invoices": PM,
    "people": ADMIN,
    "keys": ADMIN,
    "refusals": ADMIN,
    "audit": ADMIN,
    "privacy": ADMIN,
}
TITLES = {"developers": "API", "playground": None}
"""What stands at the top of a page, where it is not its name."""


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A browser that nobody is signed in with. Its cookies are given, since `AppTest` has none."""
    browser = Browser()
    monkeypatch.setattr(session, "token", lambda: browser.token)
    monkeypatch.setattr(session, "browser", lambda: browser.name)
    monkeypatch.setattr(session, "address", lambda: ADDRESS)
    return browser


def shows(app: AppTest, page: str) -> bool:
    """Whether a page is drawn: its title, or in the playground the field for a prompt."""
    title = TITLES.get(page, page.title())
    return bool(app.chat_input) if title is None else title in {one.value for one in app.title}


def test_every_page_has_a_row_and_every_row_a_page():
    assert set(PAGES) == {path.stem for path in Path(ROOT, "pages").glob("*.py")} - {FRAME, "__init__"}


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_the_form_and_no_page(world, browser, page):
    app = opened(browser, page)
    assert "Password" in {field.label for field in app.text_input}
    assert not shows(app, page)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", PAGES)
def test_who_sees_a_page(world, browser, page, role):
    browser.token = world.session(world.person(role))
    app = opened(browser, page)
    assert not app.exception
    assert shows(app, page) == (role in PAGES[page])
