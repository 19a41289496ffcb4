"""What is told of the API is what its description says."""

import json
from collections.abc import Iterator

import pytest

from core.domain.accounts import Scope
from core.services import reference
from core.services.reference import Route, published

TOKEN, SESSION = "token", "session"


def operation(summary: str, security: list, *statuses: int) -> dict:
    answers = {str(status): {"description": f"When {status} comes."} for status in (200, *statuses)}
    return {"summary": summary, "security": security, "responses": answers}


DOCUMENT = {
    "paths": {
        "/run": {"post": operation("Run", [{TOKEN: ["run"]}, {SESSION: []}], 429, 400)},
        "/models": {"get": operation("Look up", [{TOKEN: []}, {SESSION: []}], 401)},
        "/health": {"get": operation("Ask", [])},
    }
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave behind what was published before."""
    before = reference._describe
    yield
    reference._describe = before
    published.cache_clear()


def test_routes_are_told_with_the_token_that_they_need():
    reference.publish(lambda: json.dumps(DOCUMENT).encode())
    assert published().routes == (
        Route("POST", "/run", "Run", open=False, scope=Scope.RUN),
        Route("GET", "/models", "Look up", open=False, scope=None),
        Route("GET", "/health", "Ask", open=True, scope=None),
    )


def test_the_statuses_of_errors_are_told_in_their_order():
    reference.publish(lambda: json.dumps(DOCUMENT).encode())
    assert published().statuses == {400: "When 400 comes.", 401: "When 401 comes.", 429: "When 429 comes."}
    assert list(published().statuses) == [400, 401, 429]


def test_the_description_is_read_once_and_only_when_it_is_asked_for():
    asked = []

    def describe() -> bytes:
        asked.append(1)
        return json.dumps(DOCUMENT).encode()

    reference.publish(describe)
    assert asked == []
    assert published() is published()
    assert asked == [1]
