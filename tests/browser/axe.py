"""Accessibility, as axe-core judges it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
LISTS = ("list", "listitem")
WITHIN_NAVIGATION = "element => Boolean(element.closest('[data-testid=stSidebarNav]'))"


def check(page: Page) -> list[str]:
    """Return the grave violations on the page as it stands: the rule, what it asks for, and the elements."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    ours = (violation for violation in violations if not _is_navigations(page, violation))
    return [_told(violation) for violation in ours if violation["impact"] in GRAVE]


def _is_navigations(page: Page, violation: dict) -> bool:
    """Whether it is that Streamlit's own list of pages has headings between its items, where it has sections."""
    places = (page.locator(node["target"][0]).first for node in violation["nodes"])
    return violation["id"] in LISTS and all(place.evaluate(WITHIN_NAVIGATION) for place in places)


def _told(violation: dict) -> str:
    elements = ", ".join(str(node["target"]) for node in violation["nodes"])
    return f"{violation['impact']} {violation['id']}: {violation['help']} ({elements})"
