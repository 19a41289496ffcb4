"""One world for all rows: each makes its own people and things in it."""

from collections.abc import Iterator

import pytest

from tests.fixtures.database import copied
from tests.permissions.world import World, world_over
from tests.simulator import Simulator


@pytest.fixture(scope="package")
def world(
    postgres_url: str, migrated_template: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A served lab, and people in it."""
    folder = tmp_path_factory.mktemp("world")
    with copied(postgres_url, migrated_template) as url, world_over(url, simulator, folder) as made:
        yield made
