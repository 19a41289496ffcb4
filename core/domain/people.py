"""People as an administrator sees them: who has an account, and what they make of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.access import Role, Tier
from core.domain.accounts import User


@dataclass(frozen=True, slots=True)
class Person:
    """A user, with the runs of the current month and what they cost (USD).

    `sessions` is where the user is signed in now; `last_seen_at` is None for who was never signed in, or signed out.
    """

    user: User
    last_seen_at: datetime | None
    sessions: int
    runs: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people are looked for; None lets everybody through. `text` is any part of a name, in any case."""

    text: str | None = None
    tier: Tier | None = None
    role: Role | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of the people who were looked for, by name, and how many they are in all."""

    people: list[Person]
    total: int


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An account that is to be: without a `password_hash` nobody can sign in to it until its link was used.

    `link_hash` is the hash of a link's code.
    """

    user: User
    password_hash: str | None = None
    link_hash: str | None = None
