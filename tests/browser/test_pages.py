"""Every page, as it is drawn with three months of data: for all eyes, in light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.looks import LOOKS
from tests.browser.product import Product, running_product

pytestmark = pytest.mark.browser

PATHS = ("/", "/history", "/stats", "/developers", "/account")


@pytest.fixture(scope="module")
def product(spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with demo data in it."""
    with running_product(tmp_path_factory.mktemp("pages"), DATABASE_URL=spare_database) as product:
        product.command("demo-data")
        yield product


@pytest.fixture(params=LOOKS, ids=[f"{scheme}-{width}" for scheme, width in LOOKS])
def context(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[BrowserContext]:
    scheme, width = request.param
    viewport = {"width": width, "height": 800}
    with browser.new_context(base_url=product.url, color_scheme=scheme, viewport=viewport) as context:
        yield context


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page as it stands: for who cannot see it, and for who must scroll it sideways."""
    settled(page)
    too_wide = page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    return axe.check(page) + (["it scrolls sideways"] if too_wide else [])


def test_every_page_can_be_used_by_everybody(page: Page, product: Product):
    page.goto("/")
    page.get_by_role("button", name="Sign in").wait_for()
    found = {"sign-in": faults_of(page)}
    sign_in(page, product)
    for path in PATHS:
        page.goto(path)
        found[path] = faults_of(page)
    assert {path: faults for path, faults in found.items() if faults} == {}
