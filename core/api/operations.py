"""What one operation of the API is: its route and its description come from the same value."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from core.domain.accounts import Scope

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class Who(Enum):
    """Who may call, where no scope is asked for."""

    ANYBODY = "anybody"
    CALLER = "caller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path under `/api`. Its models are those of its examples.

    `answers` are what it answers with 200, `events` what it streams instead, `files` what else it may be by media type:
    an example of a text, None for bytes. `problems` are further examples of errors by status, beside those that
    `statuses` follows from the rest.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    endpoint: Endpoint
    tag: str
    summary: str
    description: str
    who: Who | Scope
    answers: tuple[BaseModel, ...] = ()
    events: tuple[BaseModel, ...] = ()
    files: Mapping[str, str | None] = field(default_factory=dict)
    bodies: tuple[BaseModel, ...] = ()
    query: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[int, BaseModel] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the operation, which no other has."""
        return self.endpoint.__name__

    @property
    def statuses(self) -> list[int]:
        """Every status of an error that can happen here."""
        found = {405, 503, *self.problems}
        if self.who is not Who.ANYBODY:
            found |= {401, 429}
        if isinstance(self.who, Scope):
            found |= {403}
        if self.method != "GET":
            found |= {403}
        if self.method == "POST":
            found |= {415}
        if self.bodies:
            found |= {408, 413, 422}
        if self.query:
            found |= {422}
        if "{" in self.path:
            found |= {404}
        return sorted(found)


def routed(operations: Iterable[Operation]) -> list[Route]:
    """Return the routes of `operations`, for an application that is mounted at `/api`: one for each path, since only
    then a wrong method is told all the right ones."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation.endpoint
    return [Route(path, _by_method(endpoints), methods=list(endpoints)) for path, endpoints in by_path.items()]


def _by_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> ASGIApp:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return endpoint
