"""The history in a browser: search, jump to a day, open a run, compare it with another, and find the way back."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from core.store.database import Database
from core.store.ledger import Ledger
from pages.components.history_table import ROW_HEIGHT
from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.product import ADMIN, Product, running_product
from tests.fixtures.runs import add_user, admission, record

pytestmark = pytest.mark.browser

NOW = datetime.now(UTC)
QUESTIONS = ("Why is the sky blue?", "Why is the sky red at night?", "Name three rivers.")
ON_THE_TICK, ON_A_CELL = 16.0, 300.0


@pytest.fixture(scope="module")
def product(spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product without a model of its own."""
    folder = tmp_path_factory.mktemp("history")
    with running_product(folder, DATABASE_URL=spare_database, LAB_LOCAL_MODEL="off") as product:
        yield product


@pytest.fixture(scope="module")
def runs(product: Product, spare_database: str) -> list[UUID]:
    """A run of the administrator's for each question, a day apart, the first the newest; and one of another's."""
    database = Database(spare_database)
    ledger = Ledger(database, instance_id=1)
    admin = database.call(lambda connection: connection.exec_driver_sql("SELECT id FROM users").scalar_one())
    add_user(database, "bob")
    record(ledger, admission("bob", "Not yours.", started_at=NOW - timedelta(hours=1)))
    made = [
        record(ledger, admission(admin, question, started_at=NOW - timedelta(days=day)), text=f"Answer {day}.")
        for day, question in enumerate(QUESTIONS)
    ]
    database.close()
    return [run.run_id for run in made]


@pytest.fixture
def history(page: Page, product: Product, runs: list[UUID]) -> Page:
    """The page of the administrator's history."""
    sign_in(page, product)
    page.goto("/history")
    settled(page)
    return page


def shows(page: Page, prompts: Sequence[str], column: int = 4) -> None:
    """Wait until the table holds these prompts and no others, as who cannot see it is told them."""
    expect(page.locator(f"canvas td[aria-colindex='{column}']")).to_have_text(list(prompts))


def click(page: Page, row: int, x: float) -> None:
    """Click into a row of the table, so far from its left edge."""
    settled(page)
    box = page.get_by_test_id("stDataFrame").bounding_box()
    assert box
    page.mouse.click(box["x"] + x, box["y"] + ROW_HEIGHT * (row + 1.5))


def test_runs_are_searched_jumped_to_opened_and_compared(history: Page, runs: list[UUID]):
    page = history
    shows(page, QUESTIONS)
    page.get_by_label("Words in the prompt").fill("sky re")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Prompts are searched from")).to_be_visible()
    shows(page, [QUESTIONS[1]])
    assert "q=sky" in page.url

    day = NOW - timedelta(days=1)
    page.goto(f"/history?jump={day:%Y-%m-%d}")
    expect(page.get_by_role("button", name=f"From {day.day} {day:%b %Y}")).to_be_visible()
    shows(page, QUESTIONS[1:])
    page.get_by_role("button", name="Newer").click()
    shows(page, [QUESTIONS[0]])
    page.go_back()
    expect(page.get_by_role("button", name=f"From {day.day} {day:%b %Y}")).to_be_visible()
    shows(page, QUESTIONS[1:])

    page.goto(f"/history?run={runs[0]}")
    page.get_by_role("button", name="Compare with …").click()
    expect(page.get_by_text("Open the run to compare with")).to_be_visible()
    click(page, 1, ON_A_CELL)
    expect(page.get_by_text("Two runs compared")).to_be_visible()
    assert f"run={runs[1]}" in page.url and f"compare={runs[0]}" in page.url
    settled(page)
    assert axe.check(page) == []
    page.go_back()
    expect(page.get_by_text("Open the run to compare with")).to_be_visible()


def test_ticking_two_runs_compares_them(history: Page, runs: list[UUID]):
    click(history, 0, ON_THE_TICK)
    history.get_by_role("button", name="Compare with …").wait_for()
    click(history, 2, ON_THE_TICK)
    expect(history.get_by_text("Two runs compared")).to_be_visible()
    assert f"compare={runs[0]}" in history.url and f"run={runs[2]}" in history.url


def test_an_administrator_sees_everybodys_runs_and_whose(history: Page):
    history.get_by_text("Everybody", exact=True).click()
    shows(history, (QUESTIONS[0], "Not yours.", *QUESTIONS[1:]), column=5)
    shows(history, (ADMIN, "bob", ADMIN, ADMIN), column=3)
    assert "whose=all" in history.url
    history.go_back()
    shows(history, QUESTIONS)
