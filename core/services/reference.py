"""What the API offers, for the page that tells it. The launcher hands on what `/openapi.json` serves: the same words.

Format: https://spec.openapis.org/oas/v3.1.1
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.domain.accounts import Scope

LOWEST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `open` to anybody, or to any token, or to one with the `scope`."""

    method: str
    path: str
    summary: str
    open: bool
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The routes in the order of the description, and when each status of an error comes."""

    routes: tuple[Route, ...]
    statuses: Mapping[int, str]


_describe: Callable[[], bytes] | None = None


def publish(describe: Callable[[], bytes]) -> None:
    """Have pages tell what `describe` returns, which is OpenAPI in JSON. It is asked when a page first needs it."""
    global _describe
    _describe = describe
    published.cache_clear()


@cache
def published() -> Reference:
    """Return what was published; nothing where no API is served."""
    operations = list(_operations(json.loads(_describe()))) if _describe else []
    errors = [error for _, operation in operations for error in _errors(operation)]
    return Reference(tuple(route for route, _ in operations), dict(sorted(errors)))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield _route(method, path, operation), operation


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    scopes = [scope for way in operation["security"] for needed in way.values() for scope in needed]
    return Route(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        open=not operation["security"],
        scope=Scope(scopes[0]) if scopes else None,
    )


def _errors(operation: Mapping[str, Any]) -> list[tuple[int, str]]:
    told = [(int(status), answer["description"]) for status, answer in operation["responses"].items()]
    return [(status, when) for status, when in told if status >= LOWEST_ERROR]
