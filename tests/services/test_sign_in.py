"""Who gets in, and who does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.domain.accounts import User
from core.errors import LimitReached, NotSignedIn
from core.services.accounts import FAILURES_BY_ADDRESS, FAILURES_BY_NAME, Accounts
from tests.fixtures.accounts import ADDRESS, PASSWORD, Clock, add_person

GUESSERS = 33

pytestmark = pytest.mark.usefixtures("quick_hashes")


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (NotSignedIn, LimitReached) as error:
        return type(error).__name__
    return "in"


def fail(accounts: Accounts, name: str, times: int, address: str = ADDRESS) -> list[str]:
    return [outcome(lambda: accounts.sign_in(name, "wrong", address)) for _ in range(times)]


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann "])
def test_the_right_password_lets_in_whatever_the_case_of_the_name(accounts: Accounts, ann: User, name: str):
    assert accounts.sign_in(name, PASSWORD, ADDRESS) == accounts.all()[0]


@pytest.mark.parametrize(
    "password", ["", "wrong", PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD}\0", "\ud800", "x" * 500]
)
def test_any_other_password_does_not(accounts: Accounts, ann: User, password: str):
    with pytest.raises(NotSignedIn):
        accounts.sign_in("ann", password, ADDRESS)


@pytest.mark.parametrize("name", ["", "nobody", "a\0b", "\ud800", "n" * 5000, "' OR 1=1 --"])
def test_an_unknown_name_hears_the_same_words_as_a_wrong_password(accounts: Accounts, ann: User, name: str):
    with pytest.raises(NotSignedIn) as wrong:
        accounts.sign_in("ann", "wrong", ADDRESS)
    with pytest.raises(NotSignedIn) as unknown:
        accounts.sign_in(name, PASSWORD, ADDRESS)
    assert unknown.value.message == wrong.value.message


def test_a_password_that_only_begins_rightly_within_72_bytes_is_wrong(accounts: Accounts, ann: User):
    accounts.set("ann", password="p" * 72)
    assert accounts.sign_in("ann", "p" * 72, ADDRESS)
    assert outcome(lambda: accounts.sign_in("ann", "p" * 73, ADDRESS)) == "NotSignedIn"


def test_a_disabled_account_hears_the_same_words_until_it_is_enabled(accounts: Accounts, ann: User):
    accounts.disable("ann")
    with pytest.raises(NotSignedIn, match="do not match"):
        accounts.sign_in("ann", PASSWORD, ADDRESS)
    accounts.enable("ann")
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_after_five_failures_of_a_name_even_the_right_password_waits(accounts: Accounts, ann: User, name: str):
    assert set(fail(accounts, name, FAILURES_BY_NAME)) == {"NotSignedIn"}
    with pytest.raises(LimitReached) as throttled:
        accounts.sign_in(name, PASSWORD, "198.51.100.1")
    assert (throttled.value.limit, throttled.value.used) == (FAILURES_BY_NAME, FAILURES_BY_NAME)


def test_the_case_of_the_name_gives_no_further_guesses(accounts: Accounts, ann: User):
    fail(accounts, "ann", 3)
    assert fail(accounts, "ANN", 3) == ["NotSignedIn", "NotSignedIn", "LimitReached"]


def test_passwords_too_long_for_the_hash_count_as_guesses(accounts: Accounts, ann: User):
    guesses = [outcome(lambda: accounts.sign_in("ann", "x" * 500, ADDRESS)) for _ in range(FAILURES_BY_NAME + 1)]
    assert guesses[-1] == "LimitReached"


def test_five_minutes_later_the_right_password_works(accounts: Accounts, ann: User, clock: Clock):
    fail(accounts, "ann", FAILURES_BY_NAME)
    clock.advance(minutes=4, seconds=59)
    assert outcome(lambda: accounts.sign_in("ann", PASSWORD, ADDRESS)) == "LimitReached"
    clock.advance(seconds=1)
    assert outcome(lambda: accounts.sign_in("ann", PASSWORD, ADDRESS)) == "in"


def test_signing_in_clears_the_failures_of_the_name(accounts: Accounts, ann: User):
    fail(accounts, "ann", FAILURES_BY_NAME - 1)
    accounts.sign_in("ann", PASSWORD, ADDRESS)
    assert set(fail(accounts, "ann", FAILURES_BY_NAME)) == {"NotSignedIn"}


def test_an_address_that_tries_many_names_is_throttled_and_others_are_not(accounts: Accounts, ann: User):
    tries = [fail(accounts, f"name{number}", 1)[0] for number in range(FAILURES_BY_ADDRESS)]
    assert set(tries) == {"NotSignedIn"}
    assert outcome(lambda: accounts.sign_in("ann", PASSWORD, ADDRESS)) == "LimitReached"
    assert outcome(lambda: accounts.sign_in("ann", PASSWORD, "198.51.100.1")) == "in"


def test_signing_in_oneself_gives_an_address_no_further_guesses_at_others(accounts: Accounts, ann: User):
    for number in range(FAILURES_BY_ADDRESS - 1):
        fail(accounts, f"name{number}", 1)
    accounts.sign_in("ann", PASSWORD, ADDRESS)
    assert fail(accounts, "victim", 2) == ["NotSignedIn", "LimitReached"]


def test_parallel_guesses_get_exactly_five(accounts: Accounts):
    add_person(accounts, "target")
    together = Barrier(GUESSERS)

    def guess(number: int) -> str:
        together.wait(10)
        return fail(accounts, "target", 1, f"192.0.2.{number}")[0]

    with ThreadPoolExecutor(GUESSERS) as pool:
        results = list(pool.map(guess, range(GUESSERS)))
    assert results.count("NotSignedIn") == FAILURES_BY_NAME
    assert results.count("LimitReached") == GUESSERS - FAILURES_BY_NAME
