"""The service of accounts over a fresh database, with one person."""

import pytest

from core.domain.accounts import User
from core.services import passwords
from core.services.accounts import Accounts
from core.store.database import Database
from tests.fixtures.accounts import Clock, accounts_over, add_person


@pytest.fixture
def clock() -> Clock:
    """The time of the service."""
    return Clock()


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    """The service over an empty database."""
    return accounts_over(database, clock)


@pytest.fixture
def ann(accounts: Accounts) -> User:
    """The one person with an account."""
    return add_person(accounts)


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost next to nothing."""
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    monkeypatch.setattr(passwords, "NOBODYS_HASH", passwords.hash_password("nobody's"))
