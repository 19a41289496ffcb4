"""What a row of the tables says: who may do something to what is theirs, and who to what is another's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.access import Role
from core.domain.accounts import Scope, User
from tests.permissions.world import World

NOBODY: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role)
ADMIN = frozenset({Role.ADMIN})
PM = frozenset({Role.PM, Role.ADMIN})


@dataclass(frozen=True)
class Act:
    """Something that a service does for a user. `do` is given the world, who acts, and whose thing it is about; it
    makes the thing, does the act, and returns False where the act was left out without a word.

    `others` is None for what is about nobody's thing.
    """

    do: Callable[[World, User, User], Any]
    own: frozenset[Role] = EVERYBODY
    others: frozenset[Role] | None = NOBODY


def alike(status: int) -> Mapping[Role, int]:
    """The same answer for every role."""
    return dict.fromkeys(Role, status)


@dataclass(frozen=True)
class Asked:
    """How a route is asked: what fills its path, and the rest of the request, as `httpx` takes it."""

    path: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A route of the API. `ask` is given the world and whose thing it is asked for.

    `scope` is what a token must have; None where each will do. `stranger` is what nobody's request is answered, `own`
    by role what those for the own thing are, and `others` what those for another's are; None where there is no such
    thing. `token` is what every token is answered where that is different.
    """

    ask: Callable[[World, User], Asked] = lambda world, owner: Asked()
    scope: Scope | None = None
    stranger: int = 401
    own: Mapping[Role, int] = field(default_factory=lambda: alike(200))
    others: Mapping[Role, int] | None = None
    token: int | None = None
