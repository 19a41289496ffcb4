"""Invoices under a hand: the lines of a file are put beside the ledger, compared, taken away, noted and removed."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from core.domain.invoices import month_before
from core.domain.pricing import Cost, CostSource
from core.domain.runs import RunStatus
from core.store.database import Database
from core.store.ledger import Ledger
from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.product import Product, running_product
from tests.fixtures.runs import admission, record
from tests.simulator import Simulator

pytestmark = pytest.mark.browser

LINES = "\ufeffModel;Amount (USD)\r\ngpt-4o-mini;2,50\r\n<b>new</b>;0,25\r\n"


@pytest.fixture(scope="module")
def product(spare_database: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that asks the simulator what was billed."""
    folder = tmp_path_factory.mktemp("invoices")
    asked = {"OPENROUTER_BASE_URL": simulator.base_url("openrouter"), "OPENROUTER_API_KEY": "sk-simulated"}
    with running_product(folder, DATABASE_URL=spare_database, LAB_LOCAL_MODEL="off", **asked) as product:
        yield product


@pytest.fixture(scope="module")
def ledger(product: Product, spare_database: str) -> Iterator[Ledger]:
    """The product's ledger, in which one run of the month before is an estimate of 2 USD."""
    database = Database(spare_database)
    admin = database.call(lambda connection: connection.scalar(text("SELECT id FROM users")))
    first = month_before(datetime.now(UTC).date()).first
    ledger = Ledger(database, instance_id=99)
    run = admission(admin, started_at=datetime(first.year, first.month, 3, 12, tzinfo=UTC))
    record(ledger, run, cost=Cost(amount=Decimal(2), source=CostSource.ESTIMATED), status=RunStatus.CANCELLED)
    yield ledger
    database.close()


@pytest.fixture
def invoices(page: Page, product: Product, ledger: Ledger) -> Page:
    """The page of invoices, as the administrator sees it."""
    sign_in(page, product)
    page.goto("/invoices")
    settled(page)
    return page


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as opened:
        page.locator("input[type=file]").click()
    opened.value.set_files(file)


def test_a_file_of_lines_is_put_beside_the_ledger_and_all_is_done_with_it(invoices: Page, tmp_path: Path):
    page, file = invoices, tmp_path / "lines.csv"
    page.get_by_role("button", name="Add an invoice").click()
    file.write_text("model,cost\ngpt-4o-mini,much\n")
    choose(page, file)
    expect(page.get_by_role("textbox", name="Or paste them")).to_have_value("model,cost\ngpt-4o-mini,much\n")
    page.get_by_test_id("stForm").get_by_role("combobox", name="Provider").click()
    page.get_by_role("option", name="OpenAI").click()
    page.get_by_role("textbox", name="Note").fill("INV-7")
    page.get_by_role("button", name="Put beside the ledger").click()
    expect(page.get_by_role("alert").filter(has_text="Line 2: “much” is no amount in USD.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("INV-7")

    file.write_text(LINES, encoding="utf-8")
    choose(page, file)
    expect(page.get_by_role("textbox", name="Or paste them")).to_have_value(LINES[1:].replace("\r\n", "\n"))
    page.get_by_role("button", name="Put beside the ledger").click()
    verdict = page.get_by_text("The invoice is $0.75 (38%) higher than the ledger.")
    expect(verdict).to_be_visible()
    expect(page.get_by_text("$0.50 of it is in models that the ledger priced by estimate.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("INV-7")

    page.reload()
    expect(verdict).to_be_visible()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Comparison as CSV").click()
    begun.value.save_as(file)
    with file.open(newline="", encoding="utf-8") as rows:
        assert [row[:4] for row in csv.reader(rows)] == [
            ["model", "invoice_usd", "ledger_usd", "difference_usd"],
            ["openai/gpt-4o-mini", "2.50", "2", "0.50"],
            ["openai/<b>new</b>", "0.25", "", "0.25"],
            ["Total", "2.75", "2", "0.75"],
        ]

    page.get_by_role("textbox", name="Note").fill("paid")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("ledger $2.00 · paid")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove this invoice").click()
    expect(page.get_by_text("Invoices stand here")).to_be_visible()
    expect(verdict).to_have_count(0)
    assert "invoice=" not in page.url


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_everybody_can_put_a_total_beside_the_ledger_by_keyboard(
    browser: Browser, product: Product, ledger: Ledger, scheme: str, width: int
):
    viewport = {"width": width, "height": 800}
    with browser.new_context(base_url=product.url, color_scheme=scheme, viewport=viewport) as context:
        page = context.new_page()
        sign_in(page, product)
        page.goto("/invoices")
        settled(page)
        page.get_by_role("button", name="Add an invoice").press("Enter")
        page.get_by_role("textbox", name="Total in USD").fill("1,000.5")
        faults = {"form": faults_of(page)}
        page.get_by_role("button", name="Put beside the ledger").press("Enter")
        expect(page.get_by_text("The ledger has no cost in these days")).to_be_visible()
        faults["opened"] = faults_of(page)
        page.get_by_role("button", name="Remove", exact=True).press("Enter")
        expect(page.get_by_role("button", name="Remove this invoice")).to_be_visible()
        faults["removing"] = faults_of(page)
    assert {state: found for state, found in faults.items() if found} == {}


def faults_of(page: Page) -> list[str]:
    settled(page)
    too_wide = page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    return axe.check(page) + (["it scrolls sideways"] if too_wide else [])
