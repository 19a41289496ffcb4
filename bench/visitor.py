"""Somebody with a browser in front of an app: asks, watches when things stand on the screen, stops, asks again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from bench.processes import App
from tests.browser.chromium import launch, settled, sign_in
from tests.browser.product import Product

LONGEST_S = 120.0

_WATCH = """() => {
  window.seen = {};
  const note = name => { seen[name] ??= Date.now(); };
  const noteOnScreen = name => name in seen || requestAnimationFrame(() => note(name));
  const buttonSays = (button, label) => button && button.innerText.includes(label);
  const answer = () => document.querySelectorAll('[data-testid=stChatMessage]')[1];
  const firstText = () => answer()?.querySelector('[data-testid=stMarkdownContainer]')?.textContent ?? '';
  addEventListener('keydown', event => event.key === 'Enter' && note('asked'), true);
  addEventListener('click', event => buttonSays(event.target.closest('button'), 'Stop') && note('stopped'), true);
  new MutationObserver(() => {
    if (!('begun' in seen) && /^the\\b/.test(firstText())) noteOnScreen('begun');
    if ([...document.querySelectorAll('button')].some(button => buttonSays(button, 'Run again')))
      noteOnScreen('finished');
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
"""Notes when the prompt was sent, the answer's first word ("the") and its end stood on the screen, Stop was clicked."""


class Visitor:
    """A browser's page in front of the lab or of its plain peer, which are used alike.

    `received` counts the bytes of the WebSocket's messages. Whoever waits for the end presses nothing meanwhile.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.received = 0
        self._url = url
        page.on("websocket", self._listen)

    def arrive(self) -> None:
        """Open the app anew, as a browser's tab does, and begin to watch."""
        self.page.goto(self._url)
        settled(self.page)
        self.page.evaluate(_WATCH)

    def ask(self, prompt: str) -> None:
        """Send a prompt, which tells the simulated provider what to do."""
        self.page.get_by_label("Write a prompt").fill(prompt)
        self.page.get_by_label("Write a prompt").press("Enter")

    def read_to_the_end(self) -> None:
        """Wait until the answer is finished and what can be done next stands below it."""
        self._button("Run again").wait_for(timeout=LONGEST_S * 1000)
        self._rest()

    def stop(self) -> None:
        """Click on Stop."""
        self._button("Stop").click()

    def run_again(self) -> None:
        """Run the last prompt again and wait for the end."""
        before = self.page.url
        self._button("Run again").click()
        self.page.wait_for_url(lambda url: url != before)
        self._rest()
        self.read_to_the_end()

    def when(self, name: str) -> float:
        """Return when it was seen, on `time.monotonic`: `asked`, `begun`, `finished` or `stopped`."""
        return float(self.page.evaluate("name => seen[name]", name)) / 1000 - (time.time() - time.monotonic())

    def _button(self, name: str):
        return self.page.get_by_role("button", name=name)

    def _rest(self) -> None:
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: str | bytes) -> None:
        self.received += len(payload)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@contextmanager
def visitor(browser: Browser, of: Product | App) -> Iterator[Visitor]:
    """Come to an app with a fresh profile; the lab's visitor signs in first."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        if isinstance(of, Product):
            sign_in(page, of)
        yield Visitor(page, of.url)
