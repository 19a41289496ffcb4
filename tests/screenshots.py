"""Takes the README's pictures from the running product: `make screenshots`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from core.settings import ROOT
from tests.browser.chromium import launch, settled, sign_in
from tests.browser.product import Product, running_product

FOLDER = ROOT / "docs" / "pictures"
PROMPT = "Write a Python function that tells whether a word is a palindrome, and explain it in two sentences."
WIDE, NARROW = 1280, 400
HEIGHT, SHARPNESS = 800, 1.5


@dataclass(frozen=True)
class Picture:
    """One page, under the name that its files begin with. `{run}` in the path is the run of `PROMPT`."""

    name: str
    path: str
    width: int = WIDE
    schemes: tuple[str, ...] = ("light", "dark")
    signed_in: bool = True


PICTURES = (
    Picture("sign-in", "/", signed_in=False),
    Picture("playground", "/?run={run}"),
    Picture("playground-narrow", "/?run={run}", NARROW),
    Picture("history", "/history?run={run}"),
    Picture("history-narrow", "/history", NARROW),
    Picture("stats", "/stats"),
    Picture("stats-narrow", "/stats", NARROW),
    Picture("api", "/developers"),
    Picture("api-narrow", "/developers", NARROW),
    Picture("people", "/people"),
    Picture("prices", "/prices"),
    Picture("budgets", "/budgets"),
    Picture("budgets-narrow", "/budgets", NARROW),
    Picture("invoices", "/invoices"),
    Picture("account", "/account"),
    Picture("account-narrow", "/account", NARROW),
)


def main() -> None:
    """Fill a product with demo data, put one prompt to its embedded model, and take every picture anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with (
        TemporaryDirectory() as folder,
        running_product(Path(folder)) as product,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        product.command("demo-data")
        run = answered_run(browser, product)
        for picture in PICTURES:
            for scheme in picture.schemes:
                take(picture, scheme, run, browser, product)


def answered_run(browser: Browser, product: Product) -> str:
    """Put the prompt to the embedded model and return the run's id."""
    with opened(browser, product, WIDE, "light") as page:
        sign_in(page, product)
        page.get_by_label("Write a prompt").fill(PROMPT)
        page.get_by_label("Write a prompt").press("Enter")
        page.get_by_role("button", name="Run again").wait_for(timeout=90_000)
        return page.url.partition("run=")[2]


def take(picture: Picture, scheme: str, run: str, browser: Browser, product: Product) -> None:
    """Write one picture into the folder."""
    with opened(browser, product, picture.width, scheme) as page:
        if picture.signed_in:
            sign_in(page, product)
        page.goto(picture.path.format(run=run))
        settled(page)
        page.wait_for_timeout(1000)  # charts draw themselves in
        page.screenshot(path=FOLDER / f"{picture.name}-{scheme}.png")


@contextmanager
def opened(browser: Browser, product: Product, width: int, scheme: str) -> Iterator[Page]:
    """Open a page of a fresh profile."""
    viewport = {"width": width, "height": HEIGHT}
    with browser.new_context(
        base_url=product.url, viewport=viewport, color_scheme=scheme, device_scale_factor=SHARPNESS
    ) as context:
        yield context.new_page()


if __name__ == "__main__":
    main()
