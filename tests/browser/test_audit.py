"""Audit, refusals and privacy in a browser: find out who did what and why a run was refused, and erase a person."""

import json
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.domain.audit import Note
from core.domain.refusals import Refusal
from core.store.audit import AuditStore
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.refusals import RefusalStore
from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.product import Product, running_product
from tests.fixtures.dumps import found
from tests.fixtures.runs import add_user, admission, record

pytestmark = pytest.mark.browser

NOW = datetime.now(UTC)
PERSON, QUESTION, OLD_QUESTION = "rosalind", "a planted question", "an old planted question"
REFUSED = "You have used up this month's runs (100)."


@pytest.fixture(scope="module")
def product(spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product without a model of its own."""
    folder = tmp_path_factory.mktemp("audit")
    with running_product(folder, DATABASE_URL=spare_database, LAB_LOCAL_MODEL="off") as product:
        yield product


@pytest.fixture(scope="module")
def database(product: Product, spare_database: str) -> Iterator[Database]:
    """What is behind the product: a person with a run of today and one of long ago, who was refused another."""
    database = Database(spare_database)
    admin = database.call(lambda connection: connection.exec_driver_sql("SELECT id FROM users").scalar_one())
    add_user(database, PERSON)
    ledger = Ledger(database, instance_id=1)
    record(ledger, admission(PERSON, QUESTION, started_at=NOW - timedelta(minutes=5)))
    record(ledger, admission(PERSON, OLD_QUESTION, started_at=NOW - timedelta(days=45)))
    audit = AuditStore(database)
    changed = {"before": {"limits": {"runs_a_month": 100}}, "after": {"limits": {"runs_a_month": 250}}}
    audit.note(Note(admin, "change user", PERSON, changed))
    audit.note(Note(admin, "set budget", "Marketing", {"after": {"limit_usd": "250"}}))
    wait([RefusalStore(database).note(Refusal(PERSON, "openai/gpt-4o", "limit_reached", REFUSED, NOW, 3))])
    yield database
    database.close()


@pytest.fixture
def entered(page: Page, product: Product, database: Database) -> Page:
    """A page in which the administrator is signed in."""
    sign_in(page, product)
    return page


def shows(page: Page, column: int, cells: list[str]) -> None:
    """Wait until a column of the table holds these texts, as who cannot see it is told them."""
    expect(page.locator(f"canvas td[aria-colindex='{column}']")).to_have_text(cells)


def test_who_changed_what_is_found_read_and_taken_as_a_file(entered: Page, tmp_path: Path):
    page = entered
    page.get_by_role("link", name="Audit").click()
    page.wait_for_url("**/audit")
    shows(page, 3, ["set budget", "change user"])
    shows(page, 4, ["Marketing", PERSON])
    page.get_by_role("textbox", name="Words in it").fill(PERSON)
    page.keyboard.press("Enter")
    shows(page, 3, ["change user"])
    settled(page)
    assert axe.check(page) == []
    box = page.get_by_test_id("stDataFrame").bounding_box()
    assert box
    page.mouse.click(box["x"] + 200, box["y"] + 54)
    expect(page.get_by_text("limits › runs a month")).to_be_visible()
    expect(page.get_by_text("250", exact=True)).to_be_visible()
    assert "note=" in page.url and f"q={PERSON}" in page.url
    settled(page)
    assert axe.check(page) == []
    page.get_by_role("button", name="Download").click()
    with page.context.expect_page(), page.expect_download() as begun:
        page.get_by_role("link", name="JSON").click()
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    assert [(note["act"], note["subject"]) for note in json.loads(file.read_text())] == [("change user", PERSON)]
    page.goto("/audit")
    shows(page, 3, ["export audit", "set budget", "change user"])


def test_why_a_run_was_refused_is_a_click_away_and_so_is_what_helps(entered: Page):
    page = entered
    page.get_by_role("link", name="Refusals").click()
    shows(page, 4, ["A limit on runs was reached"])
    settled(page)
    assert axe.check(page) == []
    box = page.get_by_test_id("stDataFrame").bounding_box()
    assert box
    page.mouse.click(box["x"] + 200, box["y"] + 54)
    expect(page.get_by_text(REFUSED)).to_be_visible()
    settled(page)
    assert axe.check(page) == []
    page.get_by_role("link", name=f"Tier and limits of {PERSON}").click()
    page.wait_for_url(f"**/people?person={PERSON}")
    page.go_back()
    expect(page.get_by_text(REFUSED)).to_be_visible()


def test_old_texts_are_cleared_and_a_person_is_erased(entered: Page, database: Database, tmp_path: Path):
    page = entered
    page.get_by_role("link", name="Privacy").click()
    page.get_by_role("button", name="Clear what is older now").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear them").click()
    expect(page.get_by_text("Nothing is left, as a count afterwards says.")).to_be_visible()
    assert found(database, OLD_QUESTION) == []

    page.get_by_role("textbox", name="User name").fill(PERSON)
    page.keyboard.press("Enter")
    with page.context.expect_page(), page.expect_download() as begun:
        page.get_by_role("link", name="Take all data").click()
    begun.value.save_as(tmp_path / "data.json")
    assert QUESTION in (tmp_path / "data.json").read_text()
    settled(page)
    assert axe.check(page) == []
    page.get_by_role("button", name="Erase …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(f"Type {PERSON} to confirm").fill("somebody else")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Nothing was erased")).to_be_visible()
    assert axe.check(page) == []
    dialog.get_by_label(f"Type {PERSON} to confirm").fill(PERSON)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Erased, with the texts of")).to_be_visible()
    assert found(database, QUESTION) == []
