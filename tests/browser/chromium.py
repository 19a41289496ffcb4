"""The browser: the system's own Chromium, kept from talking to anybody but the page's server."""

import shutil
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from tests.browser.product import ADMIN, PASSWORD, Product

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
UNWANTED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
)
"""The first two draw the address bar's menus, as two pages of their own for each fresh profile: most of what a profile
costs. The others Playwright turns off too, and only the last such switch counts."""

SWITCHES = (
    f"--disable-features={','.join(UNWANTED)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOOKED_FOR_IN_VAIN = ("/_stcore/host-config", "/_stcore/health")
"""Streamlit looks for its server below the page's own path first, before it finds it at the root."""


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "no Chromium is installed: run `make test`, which sees to it"
    return playwright.chromium.launch(executable_path=program, args=[*SWITCHES])


def watch(context: BrowserContext, origin: str) -> list[str]:
    """Return a list that fills with all that no page should do: errors, broken policies, requests to other hosts."""
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(LOOKED_FOR_IN_VAIN):
            problems.append(f"console: {message.text} ({message.location['url']})")

    def asked(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(origin).netloc:
            problems.append(f"request to another host: {request.url}")

    context.on("console", heard)
    context.on("weberror", lambda error: problems.append(f"script: {error.error}"))
    context.on("request", asked)
    return problems


def settled(page: Page) -> None:
    """Wait until the page is drawn whole: its script has ended and nothing stands in for what is to come."""
    page.locator("#stMain").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_test_id("stSkeleton").first.wait_for(state="detached")
    page.wait_for_load_state("networkidle")


def sign_in(page: Page, product: Product, name: str = ADMIN, password: str = PASSWORD) -> None:
    """Sign in through the form, as a person does, and wait for the frame of the lab."""
    page.goto(product.url)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Sign out").wait_for(state="attached")
