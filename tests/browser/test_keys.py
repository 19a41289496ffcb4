"""Keys in a browser: stored, refused, checked, removed; a provider that is added and used; and none is seen again."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe
from tests.browser.chromium import settled
from tests.browser.product import Product
from tests.simulator import Simulator

pytestmark = pytest.mark.browser

KEY, REVOKED = "sk-planted-browser-0123456789abcdef", "sk-revoked-browser-0123456789"


def row(page: Page, provider: str) -> Locator:
    """The line of a provider."""
    return page.locator(f".st-key-provider-{provider}")


def type_key(page: Page, key: str) -> Locator:
    """Type a key into the dialog that is open, and send it."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key", exact=True).fill(key)
    dialog.get_by_role("button", name="Save", exact=True).click()
    return dialog


def choose(within: Locator, act: str) -> None:
    """Choose from the menu of a provider."""
    within.get_by_role("button", name="More").click()
    within.page.get_by_role("menuitem", name=act).click()


def test_a_key_is_stored_seen_by_its_end_alone_and_removed(signed_in: Page, product: Product):
    page = signed_in
    page.goto("/keys")
    settled(page)
    expect(row(page, "openai").get_by_text("From the environment")).to_be_visible()
    row(page, "openai").get_by_role("button", name="Store key").click()
    dialog = type_key(page, REVOKED)
    expect(dialog.get_by_text("OpenAI does not accept this key. Nothing was saved.")).to_be_visible()
    field = dialog.get_by_label("Key", exact=True)
    expect(field).to_have_value(REVOKED)
    expect(field).to_have_attribute("type", "password")
    assert axe.check(page) == []
    type_key(page, KEY)
    expect(page.get_by_text("OpenAI accepted the key. It is saved.")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(row(page, "openai").get_by_text("key …cdef")).to_be_visible()
    page.reload()
    settled(page)
    assert axe.check(page) == []
    assert KEY not in page.content()
    choose(row(page, "openai"), "Remove key")
    page.get_by_role("dialog").get_by_role("button", name="Remove key").click()
    expect(row(page, "openai").get_by_text("From the environment")).to_be_visible()
    log = product.log.read_text()
    assert not [key for key in (KEY, REVOKED) if key in log]


def test_an_own_key_pays_and_the_run_says_so(signed_in: Page, simulator: Simulator):
    page = signed_in
    page.goto("/account")
    settled(page)
    page.locator(".st-key-own-groq").get_by_role("button").click()
    type_key(page, KEY)
    expect(page.get_by_text("Groq accepted the key. It is saved.")).to_be_visible()
    body = {"model_id": "groq/sim/words", "messages": [{"role": "user", "content": "Hello"}], "stream": False}
    told = page.request.post("/api/v1/llm/test", data=body).json()
    assert simulator.requests[-1].key == KEY
    page.goto(f"/history?run={told['run_id']}")
    expect(page.get_by_text("own key").first).to_be_visible()


def test_a_provider_is_added_and_used_at_once_and_one_of_the_inner_network_only_if_that_is_allowed(
    signed_in: Page, simulator: Simulator
):
    page = signed_in
    page.goto("/keys")
    settled(page)
    page.get_by_role("button", name="Add provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name", exact=True).fill("vllm")
    dialog.get_by_role("textbox", name="Display name").fill("Our vLLM")
    dialog.get_by_role("textbox", name="Base URL").fill("https://127.0.0.1:8000/v1")
    dialog.get_by_text("It needs a key").click()
    dialog.get_by_role("button", name="Add provider").click()
    expect(dialog.get_by_text("leads into the inner network")).to_be_visible()
    dialog.get_by_role("textbox", name="Base URL").fill(simulator.base_url("local"))
    dialog.get_by_text("It may be in the inner network").click()
    assert axe.check(page) == []
    dialog.get_by_role("button", name="Add provider").click()
    expect(row(page, "vllm").get_by_text("Needs no key")).to_be_visible()
    body = {"model_id": "vllm/sim/words", "messages": [{"role": "user", "content": "Hello"}], "stream": False}
    assert page.request.post("/api/v1/llm/test", data=body).json()["content"]
    choose(row(page, "vllm"), "Remove provider")
    page.get_by_role("dialog").get_by_role("button", name="Remove provider").click()
    expect(row(page, "vllm")).to_be_hidden()
    assert page.request.post("/api/v1/llm/test", data=body).status == 400
