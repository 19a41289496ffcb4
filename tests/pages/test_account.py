"""The account page."""

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import NotSignedIn
from core.services.accounts import Accounts
from tests.fixtures.accounts import ADDRESS, PASSWORD
from tests.fixtures.frame import Browser, opened

NEW = "another horse entirely"


@pytest.fixture
def elsewhere(accounts: Accounts, signed_in: Browser) -> str:
    """The token of a second session of ann's."""
    return accounts.open_session(accounts.sign_in("ann", PASSWORD, ADDRESS), "198.51.100.1", "curl/8.5")


def change(app: AppTest, old: str, new: str, again: str) -> AppTest:
    """Fill in the form of the password and send it."""
    for box, text in zip(app.main.text_input, (old, new, again), strict=True):
        box.input(text)
    return button(app, "Change password").click().run()


def button(app: AppTest, label: str):
    return next(one for one in app.main.button if one.label == label)


def test_the_own_sessions_are_listed(signed_in: Browser, elsewhere: str):
    text = " ".join(line.value for line in opened(signed_in).main.markdown)
    assert "Chrome on Linux" in text
    assert "curl" in text


def test_another_session_can_be_ended(signed_in: Browser, accounts: Accounts, elsewhere: str):
    app = button(opened(signed_in), "End").click().run()
    assert accounts.user_of(elsewhere) is None
    assert accounts.user_of(signed_in.token) is not None
    assert "End" not in [one.label for one in app.main.button]
    assert any("Nowhere else" in one.value for one in app.main.caption)


def test_every_other_session_can_be_ended_at_once(signed_in: Browser, accounts: Accounts, elsewhere: str):
    button(opened(signed_in), "Sign out everywhere else").click().run()
    assert accounts.user_of(elsewhere) is None
    assert accounts.user_of(signed_in.token) is not None


def test_a_session_that_ended_meanwhile_is_said_in_words(signed_in: Browser, accounts: Accounts, elsewhere: str):
    app = opened(signed_in)
    accounts.sign_out(elsewhere)
    app = button(app, "End").click().run()
    assert not app.exception
    assert any("Nowhere else" in one.value for one in app.main.caption)


def test_a_new_password_signs_out_everywhere_else(signed_in: Browser, accounts: Accounts, elsewhere: str):
    app = change(opened(signed_in), PASSWORD, NEW, NEW)
    assert "is changed" in app.success[0].value
    assert accounts.user_of(elsewhere) is None
    assert accounts.sign_in("ann", NEW, ADDRESS)


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        (PASSWORD, NEW, "something else", "differ"),
        (PASSWORD, "short", "short", "10 characters"),
        (PASSWORD, "x" * 73, "x" * 73, "72 bytes"),
        ("wrong", NEW, NEW, "current password"),
    ],
)
def test_what_will_not_do_is_said_and_changes_nothing(
    signed_in: Browser, accounts: Accounts, old: str, new: str, again: str, words: str
):
    app = change(opened(signed_in), old, new, again)
    assert words in app.error[0].value
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", new, ADDRESS)
