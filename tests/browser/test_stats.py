"""The stats page under a hand: a click leads to the runs behind a mark, and what is new appears by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from core.domain.pricing import Cost, CostSource
from core.store.database import Database
from core.store.ledger import Ledger
from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.product import Product, running_product
from tests.fixtures.runs import admission, record

pytestmark = pytest.mark.browser

PROMPT = "Why is the sky blue?"
SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


@pytest.fixture(scope="module")
def product(spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that calls nobody."""
    with running_product(
        tmp_path_factory.mktemp("stats"), DATABASE_URL=spare_database, LAB_LOCAL_MODEL="off"
    ) as product:
        yield product


@pytest.fixture(scope="module")
def spend(product: Product, spare_database: str) -> Iterator["Spender"]:
    """Records runs of the administrator; one is there already."""
    database = Database(spare_database)
    spender = Spender(database)
    spender("2")
    yield spender
    database.close()


class Spender:
    """Records runs of today that cost what it is told."""

    def __init__(self, database: Database) -> None:
        self._ledger = Ledger(database, instance_id=99)
        self._admin = database.call(lambda connection: connection.scalar(text("SELECT id FROM users")))

    def __call__(self, cost: str) -> None:
        started_at = datetime.now(UTC) - timedelta(seconds=2)
        run = admission(self._admin, PROMPT, started_at=started_at, model_id="openai/gpt-4o-mini")
        record(self._ledger, run, cost=Cost(amount=Decimal(cost), source=CostSource.COMPUTED))


@pytest.fixture
def stats(page: Page, product: Product, spend: Spender) -> Page:
    """The stats page, as the administrator sees it."""
    sign_in(page, product)
    page.goto("/stats")
    settled(page)
    return page


def click_first_bar(page: Page, name: str) -> None:
    """Click into the middle of the first bar of the chart whose sentence begins so, where a hand would."""
    bar = page.get_by_role("figure", name=name).locator(".barlayer .point").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Cost by day and model", {"model=openai%2Fgpt-4o-mini", "whose=all"}),
        ("Cost by provider", {"provider=OpenAI", "whose=all"}),
        ("Cost by person", {"person=admin", "whose=all"}),
    ],
)
def test_a_click_on_a_bar_leads_to_its_runs(stats: Page, name: str, query: set[str]):
    click_first_bar(stats, name)
    stats.wait_for_url(lambda url: "/history?" in url and query <= set(url.partition("?")[2].split("&")))
    expect(stats.get_by_role("heading", name="History")).to_be_visible()


def test_who_comes_back_is_led_on_without_the_filters_of_before(stats: Page):
    click_first_bar(stats, "Cost by person")
    stats.wait_for_url("**/history?*person=admin*")
    expect(stats.get_by_role("heading", name="History")).to_be_visible()
    stats.go_back()
    stats.get_by_role("button", name="See the runs").first.click()
    stats.wait_for_url("**/history?*")
    expect(stats.get_by_role("heading", name="History")).to_be_visible()
    settled(stats)
    assert "whose=all" in stats.url and "person=" not in stats.url


def test_whoever_comes_back_finds_the_page_as_it_was_left(page: Page, product: Product, spend: Spender):
    sign_in(page, product)
    page.goto("/stats?by=By+person&period=Last+7+days&spent_at=OpenAI")
    settled(page)
    click_first_bar(page, "Cost by person")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Everybody's runs · OpenAI")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Account").click()
    page.get_by_role("heading", name="Account").wait_for()
    page.get_by_role("link", name="Stats").click()
    expect(page.get_by_text("Everybody's runs · OpenAI")).to_be_visible()
    expect(page.get_by_role("combobox", name="Stacked by")).to_have_value("By person")
    assert "spent_at=OpenAI" in page.url


def test_what_is_new_appears_by_itself_and_nothing_jumps(page: Page, product: Product, spend: Spender):
    page.clock.install()
    sign_in(page, product)
    page.goto("/stats?by=By+person&per=Weekly")
    settled(page)
    page.evaluate(f"{SCROLLED} = 400")
    before = page.get_by_test_id("stMetricValue").first.inner_text()
    spend("40")
    for _ in range(20):  # what was read is kept for some seconds, which the page's clock does not hasten
        page.clock.fast_forward("00:31")
        page.wait_for_timeout(500)
        if page.get_by_test_id("stMetricValue").first.inner_text() != before:
            break
    expect(page.get_by_test_id("stMetricValue").first).not_to_have_text(before, timeout=1)
    assert page.evaluate(SCROLLED) == 400
    assert "per=Weekly" in page.url


@pytest.fixture(params=["light", "dark"])
def lit(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[BrowserContext]:
    """A telephone's page in one light or the other."""
    viewport = {"width": 400, "height": 800}
    with browser.new_context(base_url=product.url, color_scheme=request.param, viewport=viewport) as context:
        yield context


def test_the_filters_can_be_used_by_everybody(lit: BrowserContext, product: Product, spend: Spender):
    page = lit.new_page()
    sign_in(page, product)
    page.goto("/stats?spent_at=OpenAI&period=Last+12+months&per=Monthly")
    settled(page)
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("combobox", name="Provider")).to_be_visible()
    assert axe.check(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="Reset")).to_have_count(0)
    assert "spent_at" not in page.url
