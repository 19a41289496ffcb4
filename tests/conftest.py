"""What every test may use."""

import logging

import pytest

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.lab"]

logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
"""Modules of pages are imported here without a page, of which Streamlit would warn each time."""


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the product does."""
    return "asyncio"
