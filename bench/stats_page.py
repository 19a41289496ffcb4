"""The stats page in a browser: from the click in the sidebar to charts that are drawn."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Page

from bench.millions import ZONE, Millions
from bench.visitor import chromium
from tests.browser.chromium import settled, sign_in
from tests.browser.product import running_product

ROUNDS = 7
CHART = "[data-testid=stPlotlyChart] .plot-container .point path"


def click_to_charts_s(made: Millions) -> float:
    """Return the median of seconds from the click to charts that are drawn and a page that rests, the first visit left
    out, for whoever sees everybody's spend."""
    settings = {"DATABASE_URL": made.url, "LAB_TIMEZONE": ZONE.key, "LAB_LOCAL_MODEL": "off"}
    with TemporaryDirectory() as folder, running_product(Path(folder), **settings) as product, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        sign_in(page, product)
        return median([_visit(page) for _ in range(ROUNDS + 1)][1:])


def _visit(page: Page) -> float:
    page.get_by_role("link", name="Account").click()
    page.get_by_role("heading", name="Account").wait_for()
    settled(page)
    page.wait_for_timeout(5500)  # what the page keeps for some seconds is forgotten by then
    begun = perf_counter()
    page.get_by_role("link", name="Stats").click()
    page.locator(CHART).first.wait_for(state="attached")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_test_id("stSkeleton").first.wait_for(state="detached")
    return perf_counter() - begun
