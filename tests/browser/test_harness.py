"""The instruments themselves: what they are to notice, they do notice."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.browser import axe
from tests.browser.chromium import watch

pytestmark = pytest.mark.browser

GOOD = "<!doctype html><html lang=en><title>Good</title><link rel=icon href='data:,'><main><h1>All is well</h1></main>"


class Answer(BaseHTTPRequestHandler):
    """Serves the page that the path spells, under a policy that allows no pictures from elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "img-src 'self' data:")
        self.end_headers()
        self.wfile.write((GOOD + self.server.body).encode())  # type: ignore[attr-defined]

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


def problems_of(body: str, server: ThreadingHTTPServer, browser: Browser) -> list[str]:
    server.body = body  # type: ignore[attr-defined]
    origin = f"http://127.0.0.1:{server.server_port}"
    with browser.new_context() as context:
        problems = watch(context, origin)
        context.new_page().goto(origin, wait_until="networkidle")
    return problems


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<script>console.error('oh no')</script>", "console: oh no"),
        ("<script>throw new Error('oh no')</script>", "oh no"),
        ("<img src='http://127.0.0.1:9/picture.png'>", "Content Security Policy"),
        ("<script>fetch('http://127.0.0.1:9/tell').catch(() => 0)</script>", "request to another host"),
    ],
)
def test_what_a_page_should_not_do_is_noticed(body: str, problem: str, server: ThreadingHTTPServer, browser: Browser):
    assert problem in "\n".join(problems_of(body, server, browser))


def test_a_page_that_behaves_is_let_be(server: ThreadingHTTPServer, browser: Browser):
    assert problems_of("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt=''>", server, browser) == []


def test_grave_faults_of_accessibility_are_found(browser: Browser):
    with browser.new_page() as page:
        page.set_content(GOOD)
        assert axe.check(page) == []
        page.set_content(GOOD + "<button></button>")
        assert [fault.split(":")[0] for fault in axe.check(page)] == ["critical button-name"]
