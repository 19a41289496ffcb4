"""From the account page to a program that calls the lab, by what the pages show alone."""

import json
import os
import subprocess
import sys

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.product import Product

pytestmark = pytest.mark.browser

RUNS = 21
"""One more than a page of the history that the examples read."""


def copied(block: Locator) -> str:
    """What the copy button of a block of code puts into the clipboard."""
    block.hover()
    block.get_by_role("button", name="Copy to clipboard").click()
    return block.page.evaluate("navigator.clipboard.readText()")


def new_token(page: Page, name: str) -> str:
    """Make a token on the account page and copy its secret."""
    page.goto("/account")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("This is the only time that it is shown.")).to_be_visible()
    return copied(page.get_by_test_id("stCode"))


def shown_code(page: Page, language: str) -> list[str]:
    """Every block of code of the API's page, as it is copied: address, token, and the four examples."""
    page.goto(f"/developers?in={language}")
    settled(page)
    return [copied(block) for block in page.get_by_test_id("stCode").all()]


def output(*command: str, typed: str, secret: str = "") -> str:
    """What a program prints that succeeds and says nothing else."""
    environment = os.environ | {"NO_PROXY": "127.0.0.1"} | ({"LAB_TOKEN": secret} if secret else {})
    done = subprocess.run(command, input=typed, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def secret(signed_in: Page, request: pytest.FixtureRequest) -> str:
    """The secret of a token that somebody has copied from the page."""
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return new_token(signed_in, request.node.name[:60])


@pytest.fixture
def history(product: Product, secret: str) -> list[str]:
    """The ids of enough runs for two pages, newest first."""
    url, headers = f"{product.url}/api/v1/llm/test", {"Authorization": f"Bearer {secret}"}
    body = {"model_id": "openai/sim/words?n=1", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as client:
        return [client.post(url, json=body).raise_for_status().json()["run_id"] for _ in range(RUNS)][::-1]


def test_the_curl_examples_run_as_pasted(signed_in: Page, secret: str, history: list[str]):
    _, token, stream, whole, pages, models = shown_code(signed_in, "curl")
    token = token.replace("lab_…", secret)
    first, second = output("bash", typed=f"{token}\n{pages}\n").strip().splitlines()
    assert [run["id"] for run in json.loads(first)["tests"]] == history[:20]
    assert json.loads(second)["tests"][0]["id"] == history[20]
    events = [json.loads(line.removeprefix("data: ")) for line in lines(output("bash", typed=f"{token}\n{stream}\n"))]
    assert "content" in events[0]
    assert events[-1]["done"] is True
    answer = json.loads(output("bash", typed=f"{token}\n{whole}\n"))
    assert answer["done"] is True
    assert answer["content"]
    listed = json.loads(output("bash", typed=f"{token}\n{models}\n"))["models"]
    assert answer["model_id"] in {model["id"] for model in listed}


def test_the_python_examples_run_as_pasted(signed_in: Page, secret: str, history: list[str]):
    _, _, stream, whole, pages, models = shown_code(signed_in, "Python")
    assert len(lines(output(sys.executable, typed=pages, secret=secret))) >= RUNS
    for program in (stream, whole):
        *answer, figures = lines(output(sys.executable, typed=program, secret=secret))
        assert answer
        assert figures.endswith("USD")
    assert "openai/gpt-4o-mini 0.15" in output(sys.executable, typed=models, secret=secret)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_a_revoked_token_is_refused_at_once(signed_in: Page, product: Product, secret: str, request):
    def status() -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.get(f"{product.url}/api/v1/models", headers=headers, trust_env=False).status_code

    assert status() == 200
    signed_in.reload()
    expect(signed_in.get_by_text(f"…{secret[-4:]}")).to_be_visible()
    expect(signed_in.get_by_text(secret)).to_have_count(0)
    signed_in.get_by_role("button", name="Revoke", exact=True).first.click()
    signed_in.get_by_role("button", name="Revoke this token").click()
    expect(signed_in.get_by_text(f"…{secret[-4:]}")).to_have_count(0)
    assert status() == 401


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_everybody_can_make_a_token(browser: Browser, product: Product, scheme: str, width: int):
    viewport = {"width": width, "height": 800}
    with browser.new_context(base_url=product.url, color_scheme=scheme, viewport=viewport) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        sign_in(page, product)
        new_token(page, f"{scheme} {width}")
        faults = {"made": faults_of(page)}
        page.get_by_role("button", name="New token").click()
        page.get_by_label("Name", exact=True).fill(f"{scheme} {width}")
        page.get_by_role("button", name="Create token").click()
        expect(page.get_by_role("alert")).to_contain_text("already")
        faults["refused"] = faults_of(page)
        page.get_by_role("button", name="Cancel").click()
        settled(page)  # while the dialog goes, what is opened beside it is closed again
        page.get_by_role("button", name="Revoke", exact=True).first.click()
        expect(page.get_by_role("button", name="Revoke this token")).to_be_visible()
        faults["revoke"] = faults_of(page)
    assert {state: found for state, found in faults.items() if found} == {}


def faults_of(page: Page) -> list[str]:
    settled(page)
    too_wide = page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    return axe.check(page) + (["it scrolls sideways"] if too_wide else [])
