"""The main job, whole: one command, sign in, put a prompt to a real model, see what it cost, find it again."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import sign_in
from tests.browser.product import Product, running_product

pytestmark = [pytest.mark.browser, pytest.mark.alone]

LONGEST_ANSWER = "60"
FIGURES = re.compile(r"\d+ in · \d+ out.*\$0\.00.*first word [\d.]+ m?s · .*\d/s", re.DOTALL)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """What `make run` brings up where nothing was before: no key, no password, no database."""
    folder = tmp_path_factory.mktemp("a fresh machine")
    with running_product(folder, command=("make", "run"), LAB_ADMIN_PASSWORD="") as product:
        yield product
    assert left_behind(folder) == []


def test_from_one_command_to_the_cost_of_a_real_answer(page: Page, product: Product):
    sign_in(page, product, password=password_told_by(product))
    choose_the_embedded_model(page)
    take_a_template(page, "Write a Poem")
    answer = send_and_read(page)
    expect(answer).to_contain_text(FIGURES)
    run_id = re.search(r"run=([0-9a-f-]{36})", page.url)
    assert run_id

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("region", name="Your runs, newest first")).to_be_visible()
    page.goto(f"/history?run={run_id[1]}")
    expect(page.get_by_role("main")).to_contain_text("A local model costs nothing.")

    page.get_by_role("link", name="Stats").click()
    expect(page.get_by_role("figure", name="Runs by model: smollm2-135m 1")).to_be_visible()


def test_the_password_is_told_once(product: Product):
    assert product.log.read_text().count(password_told_by(product)) == 1


def password_told_by(product: Product) -> str:
    told = re.search(r"with the password (\S+)", product.log.read_text())
    assert told
    return told[1]


def choose_the_embedded_model(page: Page) -> None:
    model = page.get_by_role("combobox", name="Model")
    model.click()
    model.fill("smollm2")
    page.get_by_role("option", name=re.compile("SmolLM2 135M")).click()
    page.get_by_role("button", name="Parameters").click()
    longest = page.get_by_role("spinbutton", name="Longest answer (tokens)")
    longest.fill(LONGEST_ANSWER)
    longest.press("Enter")
    expect(page.get_by_text(f"up to {LONGEST_ANSWER} out")).to_be_visible()
    page.keyboard.press("Escape")


def take_a_template(page: Page, name: str) -> None:
    page.get_by_role("button", name="Templates").click()
    page.get_by_role("menuitem", name=name).click()
    expect(page.get_by_label("Write a prompt")).to_have_value(re.compile("poem"))


def send_and_read(page: Page) -> Locator:
    """Send what is written and return the finished answer. It was seen to grow while Stop stood in the composer."""
    page.get_by_label("Write a prompt").press("Enter")
    answer = page.get_by_test_id("stChatMessage").nth(1)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=60_000)
    return answer


def left_behind(folder: Path) -> list[str]:
    """The processes that still run on the product's data."""
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(folder) in line]
