"""The way in and the way out, as a person takes them."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE
from core.services.accounts import FAILURES_BY_NAME
from tests.browser.axe import check
from tests.browser.chromium import settled, sign_in
from tests.browser.looks import LOOKS
from tests.browser.product import Product

pytestmark = pytest.mark.browser

PASSWORD = "a password of ten"
PAGES = ["", "playground", "history", "stats", "developers", "account"]


@pytest.fixture(scope="package")
def name(product: Product) -> str:
    """Somebody who may be throttled without harm to others."""
    name = f"visitor{uuid4().hex[:8]}"
    product.command("user", "add", name, "--tier", "trial", "--role", "ops", "--password-stdin", typed=PASSWORD)
    return name


def cookies(context: BrowserContext) -> dict[str, dict]:
    return {cookie["name"]: cookie for cookie in context.cookies()}


def enter(page: Page, name: str, password: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("path", PAGES)
def test_every_address_leads_to_the_form_first(page: Page, product: Product, path: str):
    page.goto(f"{product.url}/{path}")
    expect(page.get_by_label("User name")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    expect(page.get_by_role("link", name="Stats")).to_have_count(0)


def test_after_signing_in_the_page_that_was_asked_for_opens(page: Page, product: Product, name: str):
    page.goto(f"{product.url}/account?x=1")
    enter(page, name, PASSWORD)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    assert page.url == f"{product.url}/account?x=1"


def test_no_script_can_read_the_cookies_that_matter(page: Page, product: Product, context: BrowserContext, name: str):
    sign_in(page, product, name, PASSWORD)
    for cookie in (cookies(context)[SESSION_COOKIE], cookies(context)[BROWSER_COOKIE]):
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    readable = page.evaluate("document.cookie")
    assert SESSION_COOKIE not in readable
    assert BROWSER_COOKIE not in readable


def test_a_reload_stays_signed_in(page: Page, product: Product, name: str):
    sign_in(page, product, name, PASSWORD)
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_wrong_password_is_said_in_one_line(page: Page, product: Product, name: str):
    page.goto(product.url)
    enter(page, name, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("That user name and password do not match.")


def test_too_many_attempts_have_to_wait(page: Page, product: Product):
    page.goto(product.url)
    for _ in range(FAILURES_BY_NAME):
        enter(page, "somebody-else", "wrong")
        expect(page.get_by_role("alert")).to_contain_text("do not match")
        page.wait_for_timeout(300)
    enter(page, "somebody-else", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts")


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(
    page: Page, product: Product, context: BrowserContext, browser: Browser, name: str
):
    sign_in(page, product, name, PASSWORD)
    copied = [cookie for cookie in context.cookies() if cookie["name"] == SESSION_COOKIE]
    with browser.new_context() as thief:
        thief.add_cookies(copied)  # type: ignore[arg-type]
        stolen = thief.new_page()
        stolen.goto(product.url)
        expect(stolen.get_by_role("button", name="Sign out")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("User name")).to_be_visible()
        assert SESSION_COOKIE not in cookies(context)
        stolen.get_by_role("link", name="Account").click()
        expect(stolen.get_by_label("User name")).to_be_visible()
        stolen.reload()
        expect(stolen.get_by_label("User name")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_form_and_the_account_can_be_used_by_everybody(page: Page, product: Product, name: str, scheme, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{product.url}/account")
    expect(page.get_by_label("User name")).to_be_visible()
    assert check(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    enter(page, name, PASSWORD)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    settled(page)
    assert check(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
