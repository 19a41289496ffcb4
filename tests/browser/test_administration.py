"""An administrator who has never seen the lab adds a person, a key and a budget, and finds why a run was refused."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from core.settings import PROVIDER_NAMES
from tests.browser import axe
from tests.browser.chromium import settled, sign_in, watch
from tests.browser.product import Product, running_product
from tests.browser.test_budgets import save, write
from tests.browser.test_keys import KEY, row, type_key
from tests.browser.test_people import CHOSEN, choose_password
from tests.browser.test_playground import choose as choose_model
from tests.browser.test_playground import composer, has_ended, send
from tests.simulator import Simulator

pytestmark = pytest.mark.browser

MODEL, PROMPT, NAME = "sim/echo", "Why is the sky blue?", "nora"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(listed=(MODEL,)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def product(simulator: Simulator, spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product to which nobody has given any key."""
    variables = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in PROVIDER_NAMES}
    variables |= {"DATABASE_URL": spare_database, "LAB_LOCAL_MODEL": "off"}
    with running_product(tmp_path_factory.mktemp("administration"), **variables) as product:
        yield product


@pytest.fixture
def noras(browser: Browser, product: Product) -> Iterator[Page]:
    """Nora's browser."""
    with browser.new_context(base_url=product.url) as context:
        problems = watch(context, product.url)
        yield context.new_page()
        assert problems == []


def go(page: Page, name: str) -> None:
    """Go to a page by the sidebar, as somebody does who knows no address."""
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def give_key(page: Page) -> None:
    go(page, "Keys")
    row(page, "openai").get_by_role("button", name="Store key").click()
    type_key(page, KEY)
    expect(page.get_by_text("OpenAI accepted the key. It is saved.")).to_be_visible()


def set_budget(page: Page, limit: str) -> None:
    go(page, "Budgets")
    page.get_by_role("button", name="New budget").click()
    choose(page, "It is for", "A person")
    write(page, "Person", NAME)
    write(page, "Limit in US dollars", limit)
    write(page, "Name", "Nora's tests")
    save(page)
    expect(page.get_by_text("Nora's tests").first).to_be_visible()


def add_person(page: Page) -> str:
    """Add Nora and return the link that she comes in by."""
    go(page, "People")
    page.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill(NAME)
    dialog.get_by_role("combobox", name="Tier").click()
    page.get_by_role("option", name="Enterprise", exact=True).click()
    settled(page)
    dialog.get_by_role("button", name="Add person").click()
    link = dialog.get_by_test_id("stCode").inner_text().strip()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    return link


def open_newest_refusal(page: Page) -> None:
    go(page, "Refusals")
    table = page.get_by_test_id("stDataFrame").bounding_box()
    assert table
    page.mouse.click(table["x"] + 120, table["y"] + 54)
    expect(page.get_by_text("What would help")).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_have_count(0)


def test_the_first_day_of_an_administrator(signed_in: Page, noras: Page, product: Product):
    page = signed_in
    page.goto("/")
    choose_password(noras, add_person(page))
    give_key(page)
    set_budget(page, "0.0001")

    sign_in(noras, product, NAME, CHOSEN)
    choose_model(noras, MODEL)
    composer(noras).fill(PROMPT)
    composer(noras).press("Enter")
    expect(noras.get_by_text("The budget “Nora's tests” has $0.0001 of $0.0001 left")).to_be_visible()
    expect(composer(noras)).to_have_value(PROMPT)

    open_newest_refusal(page)
    expect(page.get_by_text("The budget “Nora's tests” has $0.0001 of $0.0001 left").last).to_be_visible()
    assert axe.check(page) == []
    page.get_by_role("main").get_by_role("link", name="Budgets").click()
    page.get_by_role("button", name="Change").click()
    write(page, "Limit in US dollars", "5")
    save(page)
    noras.goto("/")
    settled(noras)
    send(noras, PROMPT, MODEL)
    has_ended(noras)

    go(page, "Audit")
    expect(page.get_by_text("beginning of the log")).to_be_visible()
