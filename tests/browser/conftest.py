"""The running product, a browser in front of it, and the simulator behind it.

The browser lives as long as this folder's tests: its driver keeps an event loop that others could not bear.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.settings import PROVIDER_NAMES
from tests.browser.chromium import launch, sign_in, watch
from tests.browser.product import Product, running_product
from tests.fixtures.database import copied
from tests.simulator import Simulator

expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def simulator() -> Iterator[Simulator]:
    """The provider that stands behind every provider's name but the local one."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def spare_database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of a database on the tests' server, for a product whose own server is not what is tested."""
    with copied(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture(scope="package")
def product(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The real product with its own database, its embedded model, and the simulator as its providers."""
    remote = [name for name in PROVIDER_NAMES if name != "local"]
    variables = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in remote}
    variables |= {f"{name.upper()}_API_KEY": f"sk-simulated-{name}" for name in remote}
    with running_product(tmp_path_factory.mktemp("product"), **variables) as product:
        yield product


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, product: Product) -> Iterator[BrowserContext]:
    """A fresh profile in front of the product."""
    with browser.new_context(base_url=product.url, viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def problems(context: BrowserContext, product: Product) -> Iterator[list[str]]:
    """What no page should do, as it happens. A test that provokes it clears the list; what is left fails the test."""
    problems = watch(context, product.url)
    yield problems
    assert problems == []


@pytest.fixture
def page(context: BrowserContext, problems: list[str], tmp_path: Path) -> Page:
    """An empty page of a fresh profile. If the test fails, its picture is kept in `tmp_path`."""
    return context.new_page()


@pytest.fixture(scope="module")
def entered(browser: Browser, product: Product) -> list[Any]:
    """The cookies of the administrator, who signed in through the form."""
    with browser.new_context() as context:
        sign_in(context.new_page(), product)
        return context.cookies()


@pytest.fixture
def signed_in(page: Page, context: BrowserContext, entered: list[Any]) -> Page:
    """The playground, where the administrator has signed in. A test that signs out has to sign in by itself."""
    context.add_cookies(entered)
    page.goto("/")
    page.get_by_text("Sign out").wait_for(state="attached")
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Take a picture of the page on which a test failed, and name it in the report."""
    report = yield
    page: Page | None = getattr(item, "funcargs", {}).get("page")
    if report.failed and report.when != "teardown" and page:
        picture = item.funcargs["tmp_path"] / "failure.png"
        page.screenshot(path=picture, full_page=True)
        report.sections.append(("Picture of the page", str(picture)))
    return report
