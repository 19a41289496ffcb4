"""The frame with real accounts behind it, as Streamlit's own test harness runs it."""

from collections.abc import Iterator
from datetime import UTC
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core import lab
from core.services import passwords
from core.services.accounts import Accounts
from core.services.budgets import budgets_over
from core.services.prices import Concerns
from core.services.refusals import refusals_over
from core.services.tokens import Tokens
from core.store.database import Database
from core.store.refusals import RefusalStore
from core.store.tokens import TokenStore
from pages.components import redirect, session, sidebar, sign_in
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock, accounts_over, add_person
from tests.fixtures.frame import Browser, Runs


@pytest.fixture
def accounts(database: Database, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Real accounts with one person, whose hash costs little."""
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    accounts = accounts_over(database, Clock())
    add_person(accounts, "ann")
    return accounts


@pytest.fixture
def tokens(database: Database) -> Tokens:
    """Real API tokens."""
    return Tokens(TokenStore(database))


@pytest.fixture
def runs() -> Runs:
    """The runs of the lab."""
    return Runs()


@pytest.fixture
def browser(
    database: Database, accounts: Accounts, tokens: Tokens, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    """A browser in front of an open lab. Its cookies are given, since `AppTest` has none."""
    browser = Browser()
    monkeypatch.setattr(session, "token", lambda: browser.token)
    monkeypatch.setattr(session, "browser", lambda: browser.name)
    monkeypatch.setattr(session, "address", lambda: ADDRESS)
    for module in (redirect, sign_in, sidebar):
        monkeypatch.setattr(module, "leave_for", browser.left_for.append)
    settings = SimpleNamespace(timezone=UTC)
    known: Any = SimpleNamespace(all=list, of=lambda user: {})
    budgets = budgets_over(database, ZoneInfo("UTC"), known, known)
    no_concerns: Any = SimpleNamespace(concerns=lambda user: Concerns())
    no_keys: Any = SimpleNamespace(of=lambda user: [])
    open_lab: Any = SimpleNamespace(
        accounts=accounts,
        openid=None,
        tokens=tokens,
        key_table=no_keys,
        runs=runs,
        budgets=budgets,
        prices=no_concerns,
        refusals=refusals_over(RefusalStore(database), database, ZoneInfo("UTC")),
        settings=settings,
    )
    lab.install(open_lab)
    yield browser
    lab.install(None)


@pytest.fixture
def signed_in(accounts: Accounts, browser: Browser) -> Browser:
    """The browser with a session of ann's."""
    user = accounts.sign_in("ann", PASSWORD, ADDRESS)
    browser.token = accounts.open_session(user, ADDRESS, AGENT)
    return browser
