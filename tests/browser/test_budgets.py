"""A budget from the form that sets it to the run that it refuses, and the same run when it is raised."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope
from core.settings import PROVIDER_NAMES
from core.store.budgets import BudgetStore
from core.store.database import Database
from tests.browser import axe
from tests.browser.chromium import settled
from tests.browser.looks import LOOKS
from tests.browser.product import Product, running_product
from tests.browser.test_playground import composer, has_ended, send
from tests.fixtures.lab import calls
from tests.simulator import Simulator

pytestmark = pytest.mark.browser

MODEL, PROMPT = "sim/echo", "Why is the sky blue?"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(listed=(MODEL,)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def product(simulator: Simulator, spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose budgets hold up nobody else's runs."""
    variables = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in PROVIDER_NAMES}
    variables |= {"OPENAI_API_KEY": "sk-simulated", "DATABASE_URL": spare_database}
    with running_product(tmp_path_factory.mktemp("budgets"), **variables) as product:
        yield product


@pytest.fixture(scope="module")
def kept(product: Product, spare_database: str) -> str:
    """The name of a budget that only tells."""
    name, database = "Of the company", Database(spare_database)
    told = Budget(uuid4(), name, BudgetScope.LAB, "", BudgetPeriod.MONTH, Decimal(50), False, "root", datetime.now(UTC))
    BudgetStore(database, ZoneInfo("UTC")).add(told, Note("root", "set budget", name))
    database.close()
    return name


def open_form(page: Page, button: str) -> None:
    page.goto("/budgets")
    settled(page)
    page.get_by_role("button", name=button).first.click()
    page.get_by_role("button", name="Save").wait_for()
    settled(page)


def write(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")
    settled(page)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settled(page)


def test_a_hard_budget_refuses_a_run_with_its_reason_until_it_is_raised(signed_in: Page, simulator: Simulator):
    page = signed_in
    open_form(page, "New budget")
    write(page, "Limit in US dollars", "0.0005")
    write(page, "Name", "Everything *at once*")
    save(page)
    expect(page.get_by_text("Everything *at once*").first).to_be_visible()

    page.goto("/")
    settled(page)
    send_refused(page)
    expect(page.get_by_text("The budget “Everything *at once*” has $0.0005 of $0.0005 left this month")).to_be_visible()
    expect(page.get_by_text("ask an administrator to raise the budget")).to_be_visible()
    expect(composer(page)).to_have_value(PROMPT)
    expect(page.locator("#quote")).to_contain_text("more than the $0.0005 left in “Everything *at once*” this month")
    assert calls(simulator) == []

    open_form(page, "Change")
    write(page, "Limit in US dollars", "20")
    save(page)
    page.goto("/")
    settled(page)
    send(page, PROMPT, MODEL)
    has_ended(page)
    expect(page.locator("#quote")).to_contain_text("left in “Everything *at once*” this month")
    assert len(calls(simulator)) == 1


def send_refused(page: Page) -> None:
    composer(page).fill(PROMPT)
    composer(page).press("Enter")
    page.get_by_text("The budget").first.wait_for()
    settled(page)


def test_a_form_that_is_refused_keeps_what_was_written_and_remarks_what_nobody_has_seen(signed_in: Page):
    page = signed_in
    open_form(page, "New budget")
    write(page, "Name", "Ours")
    page.get_by_role("combobox", name="It is for").click()
    page.get_by_role("option", name="A tag").click()
    settled(page)
    tag = page.get_by_role("combobox", name="Tag")
    tag.fill("team: serach")
    tag.press("Enter")
    expect(page.get_by_text("No run bears this tag so far")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write the limit as an amount in US dollars")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ours")
    write(page, "Limit in US dollars", "5")
    save(page)
    expect(page.get_by_text("team: serach · each month")).to_be_visible()
    page.get_by_role("button", name="Drop").first.click()
    expect(page.get_by_text("This cannot be undone.")).to_be_visible()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_page_form_and_past_are_accessible(
    browser: Browser, product: Product, entered: list[Any], kept: str, scheme: Any, width: int
):
    faults = {}
    viewport = {"width": width, "height": 900}
    with browser.new_context(base_url=product.url, color_scheme=scheme, viewport=viewport) as context:
        context.add_cookies(entered)
        page = context.new_page()
        open_form(page, "New budget")
        faults["form"] = axe.check(page)
        page.get_by_role("button", name="Close").click()
        settled(page)
        expect(page.get_by_text(kept).first).to_be_visible()
        page.get_by_text("Past periods").first.click()
        expect(page.get_by_text("What its periods came to stands here")).to_be_visible()
        faults["page"] = axe.check(page)
        assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    assert faults == {"form": [], "page": []}
