"""What every test may use."""

import pytest

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.lab"]


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the product does."""
    return "asyncio"
