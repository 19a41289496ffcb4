"""Accounts as an administrator keeps them and as their people come in by them."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import check
from tests.browser.chromium import settled, sign_in, watch
from tests.browser.looks import LOOKS
from tests.browser.product import Product

pytestmark = pytest.mark.browser

CHOSEN = "a password of their own"


@pytest.fixture
def name() -> str:
    return f"newcomer{uuid4().hex[:8]}"


@pytest.fixture
def theirs(browser: Browser, product: Product) -> Iterator[Page]:
    """The browser of somebody who is not signed in."""
    with browser.new_context(base_url=product.url) as context:
        problems = watch(context, product.url)
        yield context.new_page()
        assert problems == []


def add(page: Page, name: str) -> str:
    """Add a person through the dialog and return the link that it shows."""
    page.goto("/people")
    page.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill(name)
    dialog.get_by_role("button", name="Add person").click()
    link = dialog.get_by_test_id("stCode").inner_text().strip()
    assert check(page) == []
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    return link


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(CHOSEN)
    page.get_by_label("New password once more").fill(CHOSEN)
    assert check(page) == []
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set")).to_be_visible()


def test_a_newcomer_comes_in_by_a_link_once_and_goes_when_disabled(
    signed_in: Page, theirs: Page, product: Product, name: str
):
    link = add(signed_in, name)
    assert link.startswith(f"{product.url}/?link=")
    choose_password(theirs, link)
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_label("User name")).to_be_visible()
    assert "link=" not in theirs.url
    sign_in(theirs, product, name, CHOSEN)
    signed_in.goto(f"/people?q={name}")
    table = signed_in.get_by_test_id("stDataFrame").bounding_box()
    assert table
    signed_in.mouse.click(table["x"] + 120, table["y"] + 54)
    expect(signed_in.get_by_text("Signed in at one place")).to_be_visible()
    signed_in.get_by_role("button", name="Disable").click()
    signed_in.get_by_role("button", name=f"Disable {name}").click()
    expect(signed_in.get_by_text("This account is disabled")).to_be_visible()
    theirs.get_by_role("link", name="Account").click()
    expect(theirs.get_by_label("User name")).to_be_visible()
    theirs.goto(link)
    expect(theirs.get_by_text("used already, or it has expired")).to_be_visible()


def test_a_file_of_people_is_read_in_the_browser_judged_and_imported(signed_in: Page, name: str):
    signed_in.goto("/people")
    signed_in.get_by_role("button", name="Import").click()
    file = f"\ufeffusername;tier;role\r\n{name};starter;ops\r\nadmin;trial;ops\r\n".encode()
    chosen = {"name": "people.csv", "mimeType": "text/csv", "buffer": file}
    signed_in.get_by_label("Choose a CSV file").set_input_files(files=[chosen])  # type: ignore[list-item]
    expect(signed_in.get_by_label("Or paste the rows")).to_have_value(
        f"username;tier;role\n{name};starter;ops\nadmin;trial;ops\n"
    )
    signed_in.get_by_role("button", name="Check").click()
    expect(signed_in.get_by_text("1 of 2 can be added.")).to_be_visible()
    signed_in.get_by_role("button", name="Add 1 person").click()
    expect(signed_in.get_by_text("Added: 1.")).to_be_visible()
    with signed_in.expect_download() as started:
        signed_in.get_by_role("button", name="Links as CSV").click()
    header, line = started.value.path().read_text().splitlines()
    assert header == "username,link"
    assert line.startswith(f"{name},http")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_people_and_the_tiers_can_be_used_by_everybody(signed_in: Page, scheme, width: int):
    signed_in.set_viewport_size({"width": width, "height": 900})
    signed_in.emulate_media(color_scheme=scheme)
    for path in ("/people", "/people?view=tiers"):
        signed_in.goto(path)
        settled(signed_in)
        assert check(signed_in) == []
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width
