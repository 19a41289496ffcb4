"""What a run cost is corrected afterwards: when its provider tells what it billed, and when an administrator reprices.

Nothing is lost by it: each correction keeps the cost of before beside the new one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.domain.pricing import Cost

GENERATION, REPRICING = "generation", "repricing"
"""Why a cost was corrected: the provider told it later, or the run was priced anew."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""The pause before each time that a provider is asked what it billed; then it is given up."""


@dataclass(frozen=True, slots=True)
class CostChange:
    """One correction. `cause` is `GENERATION` or `REPRICING`, `reason` what an administrator wrote beside it."""

    changed_at: datetime
    cause: str
    before: Cost
    after: Cost
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CostLookup:
    """A run whose provider is still to tell what it billed. The key that paid for it asks: of `user_id`, or the lab's.

    `attempts` counts the times it was asked in vain; without `next_at` it is asked no more. `failure` is why the last
    time was in vain.
    """

    run_id: UUID
    created_at: datetime
    provider: str
    generation_id: str
    user_id: str
    paid_by: str
    attempts: int = 0
    next_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Outstanding:
    """How many runs wait for what their provider billed, and of how many it was given up."""

    pending: int = 0
    given_up: int = 0


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to ask again after `attempts` in vain; None when that was the last."""
    return now + PAUSES[attempts] if attempts < len(PAUSES) else None
