"""The section of the account page about API tokens."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.domain.accounts import Scope, User
from core.services.accounts import Accounts
from core.services.tokens import MAX_TOKENS, Tokens
from core.store.database import Database
from core.store.tokens import TokenStore
from tests.fixtures.accounts import ADDRESS, PASSWORD, Clock, add_person
from tests.fixtures.frame import Browser, opened
from tests.pages.test_account import NEW, button, change

BOTH = frozenset(Scope)


@pytest.fixture
def ann(accounts: Accounts) -> User:
    """Whose page it is."""
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


def text(app: AppTest) -> str:
    """All that the page says."""
    elements = (*app.main.markdown, *app.main.caption, *app.main.error)
    return " ".join(element.value for element in elements)


def filled_in(app: AppTest, name: str, lasts: str = "90 days") -> AppTest:
    """Open the form of a new token, fill it in and send it."""
    app = button(app, "New token").click().run()
    app.main.text_input[-1].input(name)
    app.main.selectbox[-1].select(lasts)
    return button(app, "Create token").click().run()


def secrets(app: AppTest) -> list[str]:
    """The secrets that the page shows."""
    return [block.value for block in app.main.code]


def test_without_tokens_the_page_tells_what_they_are_for(signed_in: Browser):
    assert "Scripts, CI jobs and other programs sign in with a token" in text(opened(signed_in))


def test_a_secret_is_shown_once_and_works(signed_in: Browser, ann: User, tokens: Tokens):
    app = filled_in(opened(signed_in), " Nightly *evaluation* ")
    [secret] = secrets(app)
    found = tokens.caller(secret)
    assert found is not None
    assert (found[0].id, found[1].name, found[1].scopes) == (ann.id, "Nightly *evaluation*", BOTH)
    assert "only time that it is shown" in text(app)
    app.run()
    assert secrets(app) == []
    assert secrets(opened(signed_in)) == []
    assert secret not in text(app)
    assert f"…{secret[-4:]}" in text(app)


@pytest.mark.parametrize(
    ("lasts", "days"), [("7 days", 7), ("30 days", 30), ("365 days", 365), ("Until it is revoked", None)]
)
def test_a_token_lasts_as_long_as_was_chosen(
    signed_in: Browser, ann: User, tokens: Tokens, lasts: str, days: int | None
):
    filled_in(opened(signed_in), "nightly", lasts)
    [token] = tokens.of(ann)
    assert token.expires_at == (token.created_at + timedelta(days=days) if days else None)


def test_a_token_may_do_what_was_chosen(signed_in: Browser, ann: User, tokens: Tokens):
    app = button(opened(signed_in), "New token").click().run()
    app.main.text_input[-1].input("reports")
    app.main.button_group[-1].set_value([Scope.READ])
    button(app, "Create token").click().run()
    assert tokens.of(ann)[0].scopes == {Scope.READ}
    assert "May read your history and statistics" in text(app)


def test_a_token_tells_when_it_was_made_and_used_and_when_it_ends(signed_in: Browser, ann: User, database: Database):
    clock = Clock()
    tokens = Tokens(TokenStore(database), now=clock)
    secret, _ = tokens.create(ann, "old", BOTH, timedelta(days=365))
    clock.advance(hours=2)
    assert "never used" in text(opened(signed_in))
    tokens.caller(secret)
    said = text(opened(signed_in))
    assert "Made 20 Nov, 12:00" in said
    assert "last used 20 Nov, 14:00" in said
    assert "ends 20 Nov 2027, 12:00" in said


def test_a_token_that_has_ended_says_so_and_can_be_removed(signed_in: Browser, ann: User, database: Database):
    clock = Clock()
    clock.advance(hours=-24 * 3000)
    tokens = Tokens(TokenStore(database), now=clock)
    tokens.create(ann, "old", BOTH, timedelta(days=7))
    app = opened(signed_in)
    assert "Expired" in text(app)
    button(app, "Revoke this token").click().run()
    assert tokens.of(ann) == []


def test_a_token_is_revoked(signed_in: Browser, ann: User, tokens: Tokens):
    secret, _ = tokens.create(ann, "nightly", BOTH, None)
    app = button(opened(signed_in), "Revoke this token").click().run()
    assert tokens.caller(secret) is None
    assert "nightly" not in text(app)


def test_a_token_that_another_tab_has_revoked_is_gone_without_a_word(signed_in: Browser, ann: User, tokens: Tokens):
    _, token = tokens.create(ann, "nightly", BOTH, None)
    app = opened(signed_in)
    tokens.revoke(ann, token.id)
    app = button(app, "Revoke this token").click().run()
    assert not app.exception
    assert not app.error
    assert "nightly" not in text(app)


@pytest.mark.parametrize(("name", "words"), [("", "1 to 60"), ("   ", "1 to 60"), ("taken", "already")])
def test_a_name_that_will_not_do_is_said_and_the_form_stays(
    signed_in: Browser, ann: User, tokens: Tokens, name: str, words: str
):
    tokens.create(ann, "taken", BOTH, None)
    app = filled_in(opened(signed_in), name)
    assert words in app.error[0].value
    assert app.main.text_input[-1].value == name
    assert len(tokens.of(ann)) == 1


def test_a_token_that_may_do_nothing_is_not_made(signed_in: Browser, ann: User, tokens: Tokens):
    app = button(opened(signed_in), "New token").click().run()
    app.main.text_input[-1].input("idle")
    app.main.button_group[-1].set_value([])
    app = button(app, "Create token").click().run()
    assert "at least one thing" in app.error[0].value
    assert tokens.of(ann) == []


def test_the_form_can_be_left(signed_in: Browser, ann: User, tokens: Tokens):
    app = button(opened(signed_in), "New token").click().run()
    app = button(app, "Cancel").click().run()
    assert "Create token" not in [one.label for one in app.main.button]
    assert tokens.of(ann) == []


def test_with_as_many_as_may_be_there_is_no_way_to_another(signed_in: Browser, ann: User, tokens: Tokens):
    for number in range(MAX_TOKENS):
        tokens.create(ann, f"token {number}", BOTH, None)
    assert button(opened(signed_in), "New token").disabled


def test_nobody_sees_the_tokens_of_somebody_else(signed_in: Browser, accounts: Accounts, tokens: Tokens):
    tokens.create(add_person(accounts, "bob"), "bob's", BOTH, None)
    assert "bob" not in text(opened(signed_in))


def test_a_new_password_leaves_the_tokens_and_says_so(signed_in: Browser, ann: User, tokens: Tokens):
    secret, _ = tokens.create(ann, "nightly", BOTH, None)
    app = change(opened(signed_in), PASSWORD, NEW, NEW)
    assert "Your API tokens work on" in app.success[0].value
    assert tokens.caller(secret)
