"""Accessibility, as axe-core judges it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")


def check(page: Page) -> list[str]:
    """Return the grave violations on the page as it stands: the rule, what it asks for, and the elements."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [_told(violation) for violation in violations if violation["impact"] in GRAVE]


def _told(violation: dict) -> str:
    elements = ", ".join(str(node["target"]) for node in violation["nodes"])
    return f"{violation['impact']} {violation['id']}: {violation['help']} ({elements})"
