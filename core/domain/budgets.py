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
from re import fullmatch
from uuid import UUID

from core.errors import InvalidRequest

THRESHOLDS = (50, 80, 100)
"""Percent of a limit that are marked; from `TOLD_FROM` on those concerned are told, wherever they are."""

TOLD_FROM = 80

MAX_NAME = 60
LARGEST_LIMIT = Decimal(1_000_000_000)
_AMOUNT = r"\$?\s*([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]{1,6})?"


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
class Plan:
    """A budget as somebody wrote it down: `member` by the name that people use, `limit` as an amount of money."""

    name: str
    scope: BudgetScope
    member: str
    period: BudgetPeriod
    limit: str
    hard: bool


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget in its period, from the instant `begins`, on the local day `starts`, until `resets_at`.

    USD `spent`, and `reserved` by runs under way. `called` is what people call its member.
    """

    budget: Budget
    starts: date
    begins: datetime
    resets_at: datetime
    spent: Decimal
    reserved: Decimal
    called: str

    @property
    def used(self) -> Decimal:
        """What is spent, and what may still be by the runs under way."""
        return self.spent + self.reserved

    @property
    def left(self) -> Decimal:
        """What may still be spent; nothing rather than less."""
        return max(self.budget.limit_usd - self.used, Decimal(0))

    @property
    def over(self) -> Decimal:
        """How much more than the limit is spent."""
        return max(self.spent - self.budget.limit_usd, Decimal(0))

    @property
    def percent(self) -> Decimal:
        """How much of the limit is spent."""
        limit = self.budget.limit_usd
        return self.spent * 100 / limit if limit else Decimal(100)

    @property
    def threshold(self) -> int | None:
        """The highest of `THRESHOLDS` that the spend has come to; None below the first."""
        return max((one for one in THRESHOLDS if self.percent >= one), default=None)


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """What a budget's period that began on the local day `starts` came to, in USD."""

    starts: date
    spent: Decimal


def limit_of(text: str) -> Decimal:
    """Return the amount in USD that somebody wrote, such as `250`, `12.50` or `$1,200`. Raises `InvalidRequest`."""
    written = text.strip()
    if not fullmatch(_AMOUNT, written):
        raise InvalidRequest("Write the limit as an amount in US dollars, such as 250 or 12.50.")
    limit = Decimal(written.lstrip("$").strip().replace(",", ""))
    if limit > LARGEST_LIMIT:
        raise InvalidRequest(f"A limit is ${LARGEST_LIMIT:,} at most.")
    return limit


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
