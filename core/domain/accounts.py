"""People: who they are to the lab, and the tokens of their programs. No secret is ever among these values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.access import Role, Tier
from core.domain.limits import NO_OWN_LIMITS, OwnLimits


class Scope(StrEnum):
    """What a personal API token may be used for. Whoever is signed in may do both."""

    RUN = "run"
    READ = "read"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account. `id` is opaque and never changes; `username` is what is typed at sign-in."""

    id: str
    username: str
    tier: Tier
    role: Role
    enabled: bool = True
    created_at: datetime | None = None
    limits: OwnLimits = NO_OWN_LIMITS


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to be different about an account; None leaves it as it is."""

    tier: Tier | None = None
    role: Role | None = None
    enabled: bool | None = None
    limits: OwnLimits | None = None


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One signed-in browser, as its owner sees it. `id` names it without being its secret."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    current: bool


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """One API token, as its owner sees it. `ending` is the end of its secret; without `expires_at` it never ends."""

    id: str
    name: str
    ending: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Return whether the token is worth nothing any more."""
        return self.expires_at is not None and self.expires_at <= now
