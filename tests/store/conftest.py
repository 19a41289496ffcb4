"""A ledger over a fresh database, with one user."""

import pytest

from core.store.database import Database
from core.store.ledger import Ledger
from tests.fixtures.runs import add_user


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """The ledger of a process that holds no lock, with the user `ann`."""
    add_user(database)
    return Ledger(database, instance_id=1)
