"""An administrator sets a price and the next run has it; past runs are priced anew after a look, and back."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.chromium import settled
from tests.browser.test_playground import choose

pytestmark = pytest.mark.browser

MODEL, OTHER = "openai/sim/words", "groq/sim/words"


def ask(page: Page, provider: str, prompt: str) -> None:
    """Put a prompt to the simulated model of a provider, and wait for its answer."""
    page.goto("/")
    settled(page)
    choose(page, "sim/words", provider)
    box = page.get_by_label("Write a prompt")
    box.fill(prompt)
    box.press("Enter")
    page.get_by_role("button", name="Run again").wait_for()


def set_price(page: Page, given: str, taken: str) -> None:
    """Set the price of the opened model from now on."""
    page.get_by_role("button", name="Set a price").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Input", exact=True).fill(given)
    dialog.get_by_label("Output", exact=True).fill(taken)
    dialog.get_by_label("Output", exact=True).press("Tab")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)


def test_a_price_is_set_and_the_next_run_has_it(signed_in: Page):
    signed_in.goto(f"/prices?priced={quote(MODEL, '')}")
    settled(signed_in)
    assert axe.check(signed_in) == []
    set_price(signed_in, "5", "6")
    expect(signed_in.get_by_text("$5.00 in · $6.00 out")).to_be_visible()
    expect(signed_in.get_by_text("In force").last).to_be_visible()
    assert f"priced={quote(MODEL, '')}" in signed_in.url
    ask(signed_in, "OpenAI", "Say some words")
    signed_in.get_by_role("button", name="$").last.click()
    expect(signed_in.get_by_text("The prices were set by an administrator, from ")).to_be_visible()


def test_past_runs_are_priced_anew_after_a_look_and_back(signed_in: Page):
    ask(signed_in, "Groq", "Say some words more")
    signed_in.goto(f"/prices?priced={quote(OTHER, '')}")
    settled(signed_in)
    signed_in.get_by_role("button", name="Set a price").click()
    dialog = signed_in.get_by_role("dialog")
    dialog.get_by_label("Input", exact=True).fill("50")
    dialog.get_by_label("Output", exact=True).fill("60")
    dialog.get_by_role("spinbutton", name="year, In force from").click()
    signed_in.keyboard.type("202601010000", delay=40)
    dialog.get_by_label("Note").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    signed_in.get_by_text("Repricing").click()
    signed_in.get_by_role("button", name="Show what would change").click()
    expect(signed_in.get_by_text("would change:")).to_be_visible()
    expect(signed_in.get_by_test_id("stToast")).to_have_count(0)
    assert axe.check(signed_in) == []
    signed_in.get_by_label("Reason").fill("The contract was not known")
    signed_in.get_by_label("Reason").press("Tab")
    signed_in.get_by_role("button", name="Price them anew").click()
    expect(signed_in.get_by_text("The contract was not known")).to_be_visible()
    signed_in.get_by_role("button", name="Take back").click()
    signed_in.get_by_label("Reason").fill("It was not in force yet")
    signed_in.get_by_label("Reason").press("Tab")
    signed_in.get_by_role("button", name="Take it back").click()
    expect(signed_in.get_by_text("Taken back")).to_be_visible()
