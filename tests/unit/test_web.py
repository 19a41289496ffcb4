"""Where a browser may be sent after signing in: to a page of ours, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.web import own_page
from pages.components.devices import device


@pytest.mark.parametrize("path", ["/", "/history", "/history?run=3f2a-11", "/stats?from=2026-11-01&by=model%2Fx"])
def test_a_page_of_ours_is_kept(path: str):
    assert own_page(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "history",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/history/../../evil",
        "/%2fevil.example",
        "/history\r\nSet-Cookie: a=b",
        "/history?x=\n",
        "/history\n",
        "/history#@evil",
        "/a?next=//evil:80",
    ],
)
def test_anything_else_becomes_the_first_page(path: str):
    assert own_page(path) == "/"


@given(st.text())
def test_the_result_never_leaves_the_site(path: str):
    result = own_page(path)
    assert result.startswith("/")
    assert not result.startswith(("//", "/\\"))
    assert result.isprintable()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/17.0 Safari/605.1",
            "Safari on macOS",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("curl/8.5.0", "curl"),
        ("", "An unknown program"),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, name: str):
    assert device(agent) == name
