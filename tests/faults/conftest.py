"""A served lab that the tests here share, since none of them leaves anything behind but records of its own users."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from core.domain.accounts import User
from tests.fixtures.database import copied
from tests.fixtures.http import Served, served_lab
from tests.fixtures.lab import add_user
from tests.simulator import Simulator


@pytest.fixture(scope="package")
def everybodys(
    postgres_url: str, migrated_template: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One lab for all tests."""
    with (
        copied(postgres_url, migrated_template) as url,
        served_lab(url, simulator, tmp_path_factory.mktemp("lab")) as served,
    ):
        yield served


@pytest.fixture
def served(everybodys: Served, simulator: Simulator) -> Served:
    """The lab, behind it a simulator that has seen nothing yet."""
    simulator.clear()
    return everybodys


@pytest.fixture
def eve(served: Served) -> User:
    """Somebody new who may use every model."""
    return add_user(served.lab, f"eve{uuid4().hex[:8]}")
