"""The time that a refusal takes tells nothing. Here the hashes cost what they cost in the product."""

import time

import pytest

from core.domain.accounts import User
from core.errors import NotSignedIn
from core.services.accounts import Accounts
from tests.fixtures.accounts import ADDRESS


@pytest.mark.alone
def test_an_unknown_name_takes_as_long_as_a_wrong_password(accounts: Accounts, ann: User):
    def shortest(name: str) -> float:
        def seconds() -> float:
            started = time.thread_time()
            with pytest.raises(NotSignedIn):
                accounts.sign_in(name, "wrong", ADDRESS)
            return time.thread_time() - started

        return min(seconds() for _ in range(3))

    assert shortest("nobody") == pytest.approx(shortest("ann"), rel=0.5)
