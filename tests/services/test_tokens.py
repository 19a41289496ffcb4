"""What an API token is worth, to whom, and when it ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core.domain.access import Tier
from core.domain.accounts import Scope, User
from core.errors import InvalidRequest, LimitReached, NotFound, NotSignedIn
from core.services.accounts import Accounts
from core.services.tokens import LIFETIMES, MAX_NAME, MAX_TOKENS, Tokens
from core.store.database import Database
from core.store.tables import api_tokens, users
from core.store.tokens import TokenStore
from tests.fixtures.accounts import Clock, add_person

pytestmark = pytest.mark.usefixtures("quick_hashes")

BOTH = frozenset(Scope)


@pytest.fixture
def tokens(database: Database, clock: Clock) -> Tokens:
    """The service over the same database as the accounts."""
    return Tokens(TokenStore(database), now=clock)


def made(tokens: Tokens, user: User, name: str = "nightly", lifetime: timedelta | None = None) -> str:
    """The secret of a new token that may do everything."""
    return tokens.create(user, name, BOTH, lifetime)[0]


def who(tokens: Tokens, secret: str) -> str | None:
    found = tokens.caller(secret)
    return found and found[0].username


@pytest.mark.parametrize("scopes", [{Scope.RUN}, {Scope.READ}, BOTH])
def test_a_secret_leads_to_its_owner_and_to_what_it_may_do(tokens: Tokens, ann: User, scopes: set[Scope]):
    secret, told = tokens.create(ann, "nightly evaluation", scopes, timedelta(days=30))
    found = tokens.caller(secret)
    assert found is not None
    assert found[0].id == ann.id
    assert found[1] == told
    assert (told.scopes, told.ending) == (scopes, secret[-4:])


def test_a_secret_is_known_by_its_beginning_and_no_two_are_alike(tokens: Tokens, ann: User):
    secrets = {made(tokens, ann, f"token {number}") for number in range(3)}
    assert len(secrets) == 3
    assert all(secret.startswith("lab_") and len(secret) == 47 for secret in secrets)


def test_a_secret_is_not_kept_as_it_is(tokens: Tokens, ann: User, database: Database):
    secret = made(tokens, ann)
    kept = repr(database.call(lambda connection: connection.execute(select(api_tokens)).all()))
    assert ann.id in kept
    assert secret not in kept
    assert secret.removeprefix("lab_") not in kept


@pytest.mark.parametrize(
    "forged", ["", "lab_", "\0", "\ud800", "lab_" + "a" * 43, "lab_" + "ä" * 43, "lab_" + "a" * 10_000]
)
def test_a_forged_secret_is_nobodys(tokens: Tokens, ann: User, forged: str):
    made(tokens, ann)
    assert tokens.caller(forged) is None


@pytest.mark.parametrize("change", [str.upper, str.strip, lambda secret: secret[:-1], lambda secret: secret + "\n"])
def test_a_secret_counts_to_the_letter(tokens: Tokens, ann: User, change):
    secret = made(tokens, ann)
    assert (tokens.caller(change(secret)) is not None) == (change(secret) == secret)


@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_a_token_ends_to_the_second(tokens: Tokens, ann: User, clock: Clock, lifetime: timedelta):
    secret = made(tokens, ann, lifetime=lifetime)
    clock.advance(seconds=lifetime.total_seconds() - 1)
    assert who(tokens, secret) == "ann"
    clock.advance(seconds=1)
    assert who(tokens, secret) is None
    [listed] = tokens.of(ann)
    assert listed.expired(clock())


def test_a_token_without_an_end_has_none(tokens: Tokens, ann: User, clock: Clock):
    secret = made(tokens, ann)
    clock.advance(hours=24 * 365 * 50)
    assert who(tokens, secret) == "ann"
    assert not tokens.of(ann)[0].expired(clock())


def test_use_is_noted_at_most_once_a_minute(tokens: Tokens, ann: User, clock: Clock):
    secret = made(tokens, ann)
    assert tokens.of(ann)[0].last_used_at is None
    first = clock()
    tokens.caller(secret)
    clock.advance(seconds=60)
    tokens.caller(secret)
    assert tokens.of(ann)[0].last_used_at == first
    clock.advance(seconds=1)
    tokens.caller(secret)
    assert tokens.of(ann)[0].last_used_at == clock()


def test_tokens_are_listed_newest_first_and_to_their_owner_only(
    tokens: Tokens, ann: User, accounts: Accounts, clock: Clock
):
    for name in ("first", "second"):
        made(tokens, ann, name)
        clock.advance(seconds=1)
    assert [token.name for token in tokens.of(ann)] == ["second", "first"]
    assert tokens.of(add_person(accounts, "bob")) == []


def test_a_token_is_revoked_at_once_and_only_by_its_owner(tokens: Tokens, ann: User, accounts: Accounts):
    secret, other = made(tokens, ann), made(tokens, ann, "other")
    bob = add_person(accounts, "bob")
    token_id = next(token.id for token in tokens.of(ann) if token.name == "nightly")
    for stranger, wanted in ((bob, token_id), (ann, str(uuid4())), (ann, "no id at all")):
        with pytest.raises(NotFound):
            tokens.revoke(stranger, wanted)
    tokens.revoke(ann, token_id)
    assert [who(tokens, one) for one in (secret, other)] == [None, "ann"]
    with pytest.raises(NotFound):
        tokens.revoke(ann, token_id)


def test_disabling_revokes_every_token_and_enabling_brings_none_back(tokens: Tokens, ann: User, accounts: Accounts):
    secret = made(tokens, ann)
    accounts.disable("ann")
    assert who(tokens, secret) is None
    accounts.enable("ann")
    assert who(tokens, secret) is None


def test_a_token_of_an_account_that_is_disabled_by_hand_is_worth_nothing(tokens: Tokens, ann: User, database: Database):
    secret = made(tokens, ann)
    database.call(lambda connection: connection.execute(users.update().values(enabled=False)))
    assert who(tokens, secret) is None


def test_a_disabled_account_can_make_no_token(tokens: Tokens, ann: User, accounts: Accounts):
    accounts.disable("ann")
    with pytest.raises(NotSignedIn):
        made(tokens, ann)


def test_an_account_that_goes_takes_its_tokens_along(tokens: Tokens, ann: User, database: Database):
    secret = made(tokens, ann)
    database.call(lambda connection: connection.execute(delete(users)))
    assert who(tokens, secret) is None


def test_a_change_of_tier_shows_at_once(tokens: Tokens, ann: User, accounts: Accounts):
    secret = made(tokens, ann)
    accounts.set("ann", tier=Tier.ENTERPRISE)
    found = tokens.caller(secret)
    assert found is not None
    assert found[0].tier is Tier.ENTERPRISE


def test_a_new_password_leaves_tokens_as_they_are(tokens: Tokens, ann: User, accounts: Accounts):
    secret = made(tokens, ann)
    accounts.set("ann", password="another horse entirely")
    assert who(tokens, secret) == "ann"


@pytest.mark.parametrize("name", ["", " ", " nightly", "nightly ", "a\nb", "a\x00b", "\ud800", "x" * (MAX_NAME + 1)])
def test_a_name_that_will_not_do_makes_no_token(tokens: Tokens, ann: User, name: str):
    with pytest.raises(InvalidRequest, match="name"):
        made(tokens, ann, name)
    assert tokens.of(ann) == []


def test_a_name_is_unique_to_its_owner(tokens: Tokens, ann: User, accounts: Accounts):
    made(tokens, ann)
    with pytest.raises(InvalidRequest, match="already"):
        made(tokens, ann)
    assert made(tokens, add_person(accounts, "bob"))


def test_a_token_that_may_do_nothing_is_not_made(tokens: Tokens, ann: User):
    with pytest.raises(InvalidRequest, match="at least one"):
        tokens.create(ann, "nightly", [], None)


@given(seconds=st.integers(-(10**8), 10**9).filter(lambda seconds: timedelta(seconds=seconds) not in LIFETIMES))
def test_a_lifetime_is_one_of_those_offered(seconds: int):
    nowhere = Tokens(None)  # type: ignore[arg-type]  # it is refused before anything is asked
    with pytest.raises(InvalidRequest, match="lasts"):
        nowhere.create(None, "nightly", BOTH, timedelta(seconds=seconds))  # type: ignore[arg-type]


def test_the_number_of_tokens_is_held_exactly_whoever_comes_at_once(tokens: Tokens, ann: User, accounts: Accounts):
    for number in range(MAX_TOKENS - 1):
        made(tokens, ann, f"token {number}")

    def attempt(number: int) -> bool:
        try:
            made(tokens, ann, f"late {number}")
        except LimitReached as error:
            assert (error.limit, error.used) == (MAX_TOKENS, MAX_TOKENS)
            return False
        return True

    with ThreadPoolExecutor(8) as together:
        assert sum(together.map(attempt, range(8))) == 1
    assert made(tokens, add_person(accounts, "bob"))


def test_of_two_tokens_of_one_name_at_once_one_is_made(tokens: Tokens, ann: User):
    def attempt(_: int) -> bool:
        try:
            made(tokens, ann)
        except InvalidRequest:
            return False
        return True

    with ThreadPoolExecutor(4) as together:
        assert sum(together.map(attempt, range(4))) == 1


def test_looking_up_a_token_from_many_threads_gives_each_its_owner(tokens: Tokens, ann: User):
    secret = made(tokens, ann)
    with ThreadPoolExecutor(8) as together:
        assert set(together.map(partial(who, tokens), [secret] * 24)) == {"ann"}
