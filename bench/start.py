"""From the command to the sign-in form on the screen of a browser that already runs."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

from playwright.sync_api import Browser, Page

from bench.figures import Figure
from bench.processes import app
from bench.visitor import chromium
from tests.browser.product import running_product

ROUNDS = 3


def run() -> list[Figure]:
    """Measure the first start on an empty data directory, then later ones, beside an empty Streamlit app's."""
    with chromium() as browser, TemporaryDirectory() as folder:
        first = _lab_s(browser, folder)
        later = median(_lab_s(browser, folder) for _ in range(ROUNDS))
        empty = median(_empty_s(browser) for _ in range(ROUNDS))
    return [
        Figure("later start, `make run` to the sign-in form", later, "s", "an empty Streamlit app", empty, under=6),
        Figure("first start, nothing but the environment there", first, "s", "an empty Streamlit app", empty),
    ]


def _lab_s(browser: Browser, folder: str) -> float:
    start = monotonic()
    with running_product(Path(folder), command=("make", "run")) as product:
        return _shown_s(browser, product.url, lambda page: page.get_by_label("User name").wait_for(), start)


def _empty_s(browser: Browser) -> float:
    start = monotonic()
    with app("empty_app.py") as empty:
        return _shown_s(browser, empty.url, lambda page: page.get_by_text("Nothing is here.").wait_for(), start)


def _shown_s(browser: Browser, url: str, wait: Callable[[Page], None], start: float) -> float:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(url)
        wait(page)
        return monotonic() - start
