"""Budgets: how much may be spent, by whom or on what, in a day, a week or a month of the reporting zone.

What the lab's keys pay counts; what users pay with keys of their own does not. A run reserves the most that it can
cost before it starts, and its true cost takes the place of that when it has ended: so `used` is never less than what is
owed, and runs that start at once cannot pass a hard limit together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

THRESHOLDS = (50, 80, 100)
"""Percent of a limit at which those concerned are told."""


class BudgetScope(StrEnum):
    """What a budget is for; its member says which one, and is empty for the lab."""

    LAB = "lab"
    USER = "user"
    PROVIDER = "provider"
    MODEL = "model"
    TAG = "tag"


class BudgetPeriod(StrEnum):
    """How long a budget lasts. Weeks begin on Mondays."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit in USD. A `hard` one refuses runs that could pass it; a soft one only tells.

    `member` is a user's id, a provider's name, a model's id, or a tag as `name=value`.
    """

    id: UUID
    name: str
    scope: BudgetScope
    member: str
    period: BudgetPeriod
    limit_usd: Decimal
    hard: bool
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget in its period that began on the local day `starts`: USD spent, and reserved by runs under way."""

    budget: Budget
    starts: date
    resets_at: datetime
    spent: Decimal
    reserved: Decimal

    @property
    def used(self) -> Decimal:
        """What is spent, and what may still be by the runs under way."""
        return self.spent + self.reserved

    @property
    def left(self) -> Decimal:
        """What may still be spent; nothing rather than less."""
        return max(self.budget.limit_usd - self.used, Decimal(0))

    @property
    def percent(self) -> Decimal:
        """How much of the limit is spent."""
        limit = self.budget.limit_usd
        return self.spent * 100 / limit if limit else Decimal(100)

    @property
    def threshold(self) -> int | None:
        """The highest of `THRESHOLDS` that the spend has come to; None below the first."""
        return max((one for one in THRESHOLDS if self.percent >= one), default=None)


def scopes_of(user_id: str, model_id: str, tags: Mapping[str, str]) -> list[tuple[BudgetScope, str]]:
    """Return the scopes and members whose budgets a run counts in."""
    tagged = [(BudgetScope.TAG, f"{name}={value}") for name, value in tags.items()]
    return [
        (BudgetScope.LAB, ""),
        (BudgetScope.USER, user_id),
        (BudgetScope.PROVIDER, model_id.partition("/")[0]),
        (BudgetScope.MODEL, model_id),
        *tagged,
    ]
