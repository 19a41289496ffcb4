"""What every test may use."""

import logging
import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.lab", "tests.fixtures.http"]

settings.register_profile("lab", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("lab")

logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
"""Modules of pages are imported here without a page, of which Streamlit would warn each time."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asynchronous tests run on the loop that the product runs on."""
    return "asyncio", {"use_uvloop": True}
