"""What every test may use."""

import logging
import os
from collections.abc import Iterator

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Write what a test printed or logged so that it can pass to another process, which half a character cannot."""
    report = yield
    report.sections = [(title, said.encode(errors="backslashreplace").decode()) for title, said in report.sections]
    return report
