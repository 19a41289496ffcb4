"""A file of runs, as a browser takes it: a link in the history that the session's cookie goes with."""

import csv
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import settled, sign_in
from tests.browser.product import Product, running_product

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with three months of runs in it."""
    with running_product(tmp_path_factory.mktemp("downloads"), DATABASE_URL=spare_database) as product:
        product.command("demo-data")
        yield product


def test_what_is_listed_comes_as_a_file(page: Page, product: Product, tmp_path: Path):
    page.goto("/")
    sign_in(page, product)
    page.goto("/history?whose=all&status=Failed")
    settled(page)
    page.get_by_role("button", name="Download").click()
    link = page.get_by_role("link", name="CSV")
    expect(page.get_by_text("all that the filters let through")).to_be_visible()
    with page.context.expect_page() as opened, page.expect_download() as begun:
        link.click()
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    with file.open(newline="", encoding="utf-8") as lines:
        runs = list(csv.DictReader(lines, strict=True))
    assert file.name == "runs.csv" and len(runs) > 10
    assert {run["status"] for run in runs} == {"error"} and len({run["person"] for run in runs}) > 1
    assert parse_qs(urlsplit(link.get_attribute("href")).query)["whose"] == ["all"]
    assert f"{len(runs):,} runs" in page.get_by_text("all that the filters let through").inner_text()
    assert opened
