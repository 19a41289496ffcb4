"""The report of a month as a browser shows and prints it."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from core.services.monthly.contents import sheet_of
from core.services.monthly.page import page as page_of
from tests.browser import axe
from tests.fixtures.monthly import facts_of, fullest, report_of, spend

pytestmark = pytest.mark.browser


@pytest.fixture
def blank(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page that belongs to nobody, and what it asks for."""
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        yield page, asked


@pytest.mark.parametrize("facts", [facts_of(report_of(spend("1", "2"))), fullest()], ids=["usual", "fullest"])
def test_it_prints_on_one_page_asks_for_nothing_and_can_be_read_by_everybody(blank, facts):
    page, asked = blank
    page.set_content(page_of(sheet_of(facts)))
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.fonts.check('8pt \"Lab Sans\"')")
    assert axe.check(page) == []
    assert [url for url in asked if not url.startswith("data:")] == []
    (paper,) = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    text = paper.extract_text()
    assert "November 2026" in text and "equal the ledger to the last digit" in " ".join(text.split())
