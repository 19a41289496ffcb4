"""The frame as Streamlit runs it: the way in, the way out, and nothing for anybody in between."""

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.errors import StoreUnavailable
from core.services.accounts import FAILURES_BY_NAME, Accounts
from core.settings import ROOT
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, add_person
from tests.fixtures.frame import Browser, Runs, opened

PAGES = ["playground", "history", "stats", "account"]


def entered(app: AppTest, name: str, password: str) -> AppTest:
    """Fill in the form and send it."""
    app.text_input[0].input(name)
    app.text_input[1].input(password)
    return app.button[0].click().run()


def shows_only_the_form(app: AppTest) -> bool:
    return (
        [box.label for box in app.text_input] == ["User name", "Password"] and not app.title and not app.sidebar.button
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_form_to_who_is_not_signed_in(browser: Browser, page: str):
    app = opened(browser, page)
    assert shows_only_the_form(app)
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_page_run_without_the_frame_shows_nothing(browser: Browser, page: str):
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py")).run()
    assert [note.value for note in app.info] == ["You are signed out. Reload the page to sign in."]
    assert (len(app.title), len(app.button), len(app.text_input)) == (0, 0, 0)


def test_the_right_password_leads_through_a_code_back_to_the_page(browser: Browser, accounts: Accounts):
    app = entered(opened(browser, "history"), "ann", PASSWORD)
    (path,) = browser.left_for
    assert path.startswith("/api/v1/auth/session?code=")
    assert path.endswith("&next=%2Fhistory")
    code = path.split("code=")[1].split("&")[0]
    assert accounts.user_of(accounts.redeem_code(code, browser.name, ADDRESS, AGENT)) is not None
    assert not app.error


def test_wrong_and_unknown_names_read_the_same(browser: Browser):
    wrong, unknown = entered(opened(browser), "ann", "wrong"), entered(opened(browser), "nobody", "wrong")
    assert [line.value for line in wrong.error] == [line.value for line in unknown.error]
    assert len(wrong.error) == 1
    assert browser.left_for == []


def test_too_many_attempts_are_told_to_wait(browser: Browser):
    app = opened(browser)
    for _ in range(FAILURES_BY_NAME + 1):
        app = entered(app, "ann", "wrong")
    assert "Wait a few minutes" in app.error[0].value
    assert "Wait a few minutes" in entered(app, "ann", PASSWORD).error[0].value


def test_a_browser_without_cookies_is_told_so(browser: Browser):
    browser.name = ""
    assert "cookies" in entered(opened(browser), "ann", PASSWORD).error[0].value
    assert browser.left_for == []


def test_who_is_signed_in_sees_the_page_and_the_month(signed_in: Browser):
    app = opened(signed_in)
    assert app.title[0].value == "Account"
    assert app.sidebar.get("progress")[0].text == ":small[87 runs left · $1.23 spent this month]"
    assert not app.exception


def test_without_a_limit_the_runs_are_counted(signed_in: Browser, runs: Runs):
    runs.limit = None
    assert opened(signed_in).sidebar.caption[0].value == "13 runs · $1.23 spent this month"


def test_the_database_is_asked_once_in_each_run(
    signed_in: Browser, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    original = accounts.user_of
    monkeypatch.setattr(accounts, "sessions", lambda user, token: [])
    monkeypatch.setattr(accounts, "user_of", lambda token: asked.append(token) or original(token))
    app = opened(signed_in)
    asked.clear()
    app.run()
    assert len(asked) == 1


def test_a_session_that_ended_shows_the_form_on_the_next_run_and_nothing_is_remembered(
    signed_in: Browser, accounts: Accounts
):
    app = opened(signed_in)
    app.session_state["prompt"] = "a secret"
    accounts.sign_out(signed_in.token)
    app.run()
    assert shows_only_the_form(app)
    assert "prompt" not in app.session_state


def test_another_session_on_the_same_page_inherits_nothing(signed_in: Browser, accounts: Accounts):
    app = opened(signed_in)
    app.session_state["prompt"] = "a secret"
    signed_in.token = accounts.open_session(add_person(accounts, "bob"), ADDRESS, AGENT)
    app.run()
    assert "bob" in app.sidebar.markdown[0].value
    assert "prompt" not in app.session_state


def test_signing_out_ends_the_session_stops_the_runs_and_forgets(signed_in: Browser, accounts: Accounts, runs: Runs):
    app = opened(signed_in)
    app.session_state["prompt"] = "a secret"
    app.sidebar.button[0].click().run()
    assert accounts.user_of(signed_in.token) is None
    assert runs.stopped == ["ann"]
    assert signed_in.left_for == ["/api/v1/auth/signed-out"]
    assert "prompt" not in app.session_state
    assert shows_only_the_form(app.run())


def test_while_the_lab_is_starting_the_page_says_so(browser: Browser):
    lab.install(None)
    app = AppTest.from_file(str(ROOT / "pages" / "main.py")).run()
    assert "starting" in app.info[0].value
    assert not app.text_input


def test_without_the_database_nobody_is_let_in_and_nothing_breaks(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    def down(*arguments: object) -> None:
        raise StoreUnavailable("The database cannot be reached right now.")

    app = opened(browser)
    monkeypatch.setattr(lab.current().accounts, "sign_in", down)
    assert "cannot be reached" in entered(app, "ann", PASSWORD).error[0].value
    monkeypatch.setattr(lab.current().accounts, "user_of", down)
    assert "cannot be reached" in app.run().info[0].value
