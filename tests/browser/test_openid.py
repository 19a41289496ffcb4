"""Signing in with the company account as a person does: at the form, at the provider, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.domain.openid import WORDS, Reason
from tests.browser.axe import check
from tests.browser.chromium import settled, watch
from tests.browser.looks import LOOKS
from tests.browser.product import Product, running_product
from tests.providers.openid_provider import CLIENT_ID, SECRET, TOKEN, OpenidProvider, Reply

pytestmark = pytest.mark.browser

BUTTON = "Sign in with your company account"
PERSON = {"sub": "s-1", "preferred_username": "grace", "email": "grace@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[OpenidProvider]:
    with OpenidProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: OpenidProvider) -> OpenidProvider:
    running.behave()
    running.person = PERSON
    return running


@pytest.fixture(scope="module")
def product(
    running: OpenidProvider, spare_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """A product that is registered at the provider."""
    variables = {"ISSUER": running.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET, "DOMAINS": "example.com"}
    settings = {f"LAB_OPENID_{name}": value for name, value in variables.items()}
    settings |= {"DATABASE_URL": spare_database, "LAB_LOCAL_MODEL": "off"}
    with running_product(tmp_path_factory.mktemp("product"), **settings) as product:
        yield product


@pytest.fixture
def page(browser: Browser, product: Product, provider: OpenidProvider, tmp_path: Path) -> Iterator[Page]:
    """A fresh profile, whose pages do nothing that none should."""
    with browser.new_context(base_url=product.url, viewport={"width": 1280, "height": 800}) as context:
        problems = watch(context, product.url)
        yield context.new_page()
        assert [problem for problem in problems if provider.issuer not in problem] == []


def test_one_signs_in_at_the_provider_and_is_where_one_wanted_to_be(page: Page, product: Product):
    page.goto("/account?x=1")
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    assert page.url == f"{product.url}/account?x=1"
    expect(page.get_by_text("The lab keeps no password of yours.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()


def test_who_cancels_reads_so_at_the_form_and_may_try_again(page: Page, product: Product):
    page.goto("/stats")
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text(WORDS[Reason.CANCELLED])
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("heading", name="Stats")).to_be_visible()
    assert page.url == f"{product.url}/stats"


def test_the_way_back_is_good_for_once(page: Page, product: Product):
    page.goto("/")
    page.get_by_role("button", name=BUTTON).click()
    back = page.get_by_role("link", name="Continue").get_attribute("href")
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    page.goto(str(back))
    expect(page.get_by_role("alert")).to_contain_text(WORDS[Reason.EXPIRED])


def test_with_the_provider_away_the_password_still_works(page: Page, provider: OpenidProvider):
    provider.replies[TOKEN] = Reply(503)
    page.goto("/account")
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text(WORDS[Reason.AWAY])
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Current password")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_everybody_can_use_the_form(page: Page, scheme, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto("/?openid=taken")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    settled(page)
    assert check(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
