"""What a session is worth, and when it ends."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.domain.access import Tier
from core.domain.accounts import User
from core.errors import InvalidRequest, LimitReached, NotFound, NotSignedIn
from core.services.accounts import FAILURES_BY_NAME, Accounts
from core.store.database import Database
from core.store.tables import sessions, sign_in_codes
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock, add_person

pytestmark = pytest.mark.usefixtures("quick_hashes")

BROWSER = "a browser"
NEW_PASSWORD = "another horse entirely"


@pytest.fixture
def token(accounts: Accounts, ann: User) -> str:
    """The token of a session of ann's."""
    return accounts.open_session(ann, ADDRESS, AGENT)


def who(accounts: Accounts, token: str) -> str | None:
    found = accounts.user_of(token)
    return found and found[0].username


def test_a_code_opens_one_session_in_the_browser_that_asked(accounts: Accounts, ann: User):
    code = accounts.issue_code(ann, BROWSER)
    assert who(accounts, accounts.redeem_code(code, BROWSER, ADDRESS, AGENT)) == "ann"
    with pytest.raises(NotSignedIn):
        accounts.redeem_code(code, BROWSER, ADDRESS, AGENT)


@pytest.mark.parametrize("other", ["", "another browser"])
def test_a_code_is_worth_nothing_in_another_browser_and_is_used_up_by_trying(accounts: Accounts, ann: User, other: str):
    code = accounts.issue_code(ann, BROWSER)
    for browser in (other, BROWSER):
        with pytest.raises(NotSignedIn):
            accounts.redeem_code(code, browser, ADDRESS, AGENT)


def test_a_code_is_worth_nothing_after_30_seconds(accounts: Accounts, ann: User, clock: Clock):
    code = accounts.issue_code(ann, BROWSER)
    clock.advance(seconds=30)
    with pytest.raises(NotSignedIn):
        accounts.redeem_code(code, BROWSER, ADDRESS, AGENT)


def test_a_browser_without_cookies_gets_no_code(accounts: Accounts, ann: User):
    with pytest.raises(InvalidRequest, match="cookies"):
        accounts.issue_code(ann, "")


def test_a_code_of_somebody_disabled_meanwhile_opens_nothing(accounts: Accounts, ann: User):
    code = accounts.issue_code(ann, BROWSER)
    accounts.disable("ann")
    with pytest.raises(NotSignedIn):
        accounts.redeem_code(code, BROWSER, ADDRESS, AGENT)


def test_neither_tokens_nor_codes_are_kept_as_they_are(accounts: Accounts, ann: User, token: str, database: Database):
    code = accounts.issue_code(ann, BROWSER)

    def stored(connection) -> str:
        rows = [*connection.execute(select(sessions)), *connection.execute(select(sign_in_codes))]
        return repr(rows)

    kept = database.call(stored)
    assert ann.id in kept
    assert not any(secret in kept for secret in (token, code, BROWSER))


def test_expired_codes_are_dropped(accounts: Accounts, ann: User, clock: Clock, database: Database):
    accounts.issue_code(ann, BROWSER)
    clock.advance(minutes=1)
    accounts.issue_code(ann, BROWSER)
    count = select(func.count()).select_from(sign_in_codes)
    assert database.call(lambda connection: connection.execute(count).scalar()) == 1


@pytest.mark.parametrize("forged", ["", "x", "\0", "\ud800", "a" * 10_000])
def test_a_forged_token_is_nobodys(accounts: Accounts, ann: User, token: str, forged: str):
    assert accounts.user_of(forged) is None


def test_a_session_ends_after_12_hours_unused(accounts: Accounts, token: str, clock: Clock):
    clock.advance(hours=11)
    assert who(accounts, token) == "ann"
    clock.advance(hours=11)
    assert who(accounts, token) == "ann"
    clock.advance(hours=12)
    assert who(accounts, token) is None


def test_a_session_ends_after_7_days_however_much_it_is_used(accounts: Accounts, token: str, clock: Clock):
    for _ in range(7 * 4 - 1):
        clock.advance(hours=6)
        assert who(accounts, token) == "ann"
    clock.advance(hours=6)
    assert who(accounts, token) is None


def test_use_is_noted_at_most_once_a_minute(accounts: Accounts, ann: User, token: str, clock: Clock):
    opened = clock()
    clock.advance(seconds=60)
    accounts.user_of(token)
    assert accounts.sessions(ann, token)[0].last_seen_at == opened
    clock.advance(seconds=1)
    accounts.user_of(token)
    assert accounts.sessions(ann, token)[0].last_seen_at == clock()


def test_signing_out_ends_the_session_at_once_and_twice_is_no_error(accounts: Accounts, ann: User, token: str):
    other = accounts.open_session(ann, ADDRESS, AGENT)
    accounts.sign_out(token)
    accounts.sign_out(token)
    assert who(accounts, token) is None
    assert who(accounts, other) == "ann"


def test_disabling_ends_every_session_and_enabling_brings_none_back(accounts: Accounts, token: str):
    accounts.disable("ann")
    assert who(accounts, token) is None
    accounts.enable("ann")
    assert who(accounts, token) is None


def test_a_password_set_by_the_operator_ends_every_session(accounts: Accounts, token: str):
    accounts.set("ann", password=NEW_PASSWORD)
    assert who(accounts, token) is None


def test_a_change_of_tier_ends_no_session_and_shows_at_once(accounts: Accounts, token: str):
    accounts.set("ann", tier=Tier.ENTERPRISE)
    found = accounts.user_of(token)
    assert found is not None
    assert found[0].tier == "enterprise"


def test_sessions_are_listed_with_their_browsers_and_the_current_one_is_marked(
    accounts: Accounts, ann: User, token: str
):
    accounts.open_session(ann, "2001:db8::1", "curl/8.5\n\x1b[31m" + "x" * 5000)
    listed = accounts.sessions(ann, token)
    assert sorted((one.address, one.current) for one in listed) == [(ADDRESS, True), ("2001:db8::1", False)]
    assert all(one.agent.isprintable() and len(one.agent) <= 300 for one in listed)


def test_one_session_can_be_ended_and_only_by_its_owner(accounts: Accounts, ann: User, token: str):
    bob = add_person(accounts, "bob")
    session_id = accounts.sessions(ann, token)[0].id
    for stranger, wanted in ((bob, session_id), (ann, str(uuid4())), (ann, "no id at all")):
        with pytest.raises(NotFound):
            accounts.end_session(stranger, wanted)
    assert who(accounts, token) == "ann"
    accounts.end_session(ann, session_id)
    assert who(accounts, token) is None


def test_signing_out_everywhere_else_leaves_this_session_and_other_people_alone(
    accounts: Accounts, ann: User, token: str
):
    bob = accounts.open_session(add_person(accounts, "bob"), ADDRESS, AGENT)
    others = [accounts.open_session(ann, ADDRESS, AGENT) for _ in range(2)]
    assert accounts.end_other_sessions(ann, token) == 2
    assert [who(accounts, one) for one in (token, bob, *others)] == ["ann", "bob", None, None]


def test_an_ended_session_cannot_end_the_others(accounts: Accounts, ann: User, token: str):
    other = accounts.open_session(ann, ADDRESS, AGENT)
    accounts.sign_out(token)
    with pytest.raises(NotSignedIn):
        accounts.end_other_sessions(ann, token)
    assert who(accounts, other) == "ann"


def test_a_new_password_works_instead_of_the_old_one_and_ends_other_sessions(accounts: Accounts, ann: User, token: str):
    other = accounts.open_session(ann, ADDRESS, AGENT)
    accounts.change_password(ann, PASSWORD, NEW_PASSWORD, token)
    assert [who(accounts, one) for one in (token, other)] == ["ann", None]
    assert accounts.sign_in("ann", NEW_PASSWORD, ADDRESS)
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.mark.parametrize("new", ["", "short", "ninechars", "x" * 73, "ä" * 37])
def test_a_password_that_will_not_do_changes_nothing(accounts: Accounts, ann: User, token: str, new: str):
    with pytest.raises(InvalidRequest):
        accounts.change_password(ann, PASSWORD, new, token)
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)


def test_the_old_password_is_needed_and_guessing_it_is_throttled(accounts: Accounts, ann: User, token: str):
    for _ in range(FAILURES_BY_NAME):
        with pytest.raises(NotSignedIn, match="current password"):
            accounts.change_password(ann, "wrong", NEW_PASSWORD, token)
    with pytest.raises(LimitReached):
        accounts.change_password(ann, PASSWORD, NEW_PASSWORD, token)


def test_the_password_cannot_be_changed_over_a_session_of_somebody_else(accounts: Accounts, ann: User):
    bobs = accounts.open_session(add_person(accounts, "bob"), ADDRESS, AGENT)
    with pytest.raises(NotSignedIn):
        accounts.change_password(ann, PASSWORD, NEW_PASSWORD, bobs)
