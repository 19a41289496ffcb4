"""Pricing runs of the past anew: which runs, at which prices, what would change, and what was done.

What a provider billed is never priced anew. A run keeps the prices that a list told at its time, unless an
administrator has set prices for that time since; only what was priced otherwise, by the fallback or by prices that an
administrator has taken back, is priced by what the lists say of its day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.domain.periods import Period
from core.domain.pricing import Prices, PriceSource

LISTS = (PriceSource.PROVIDER, PriceSource.PRICE_LIST, PriceSource.LOCAL)
"""The sources whose prices, once recorded, hold unless an administrator set others."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs: those that started in `period`; None does not restrict."""

    period: Period
    model_id: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a model costs in a period. If it is not `own`, it is for those runs only that no list has priced."""

    model_id: str
    period: Period
    prices: Prices
    own: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Prices without cliffs, for requests of more than `more_than` input tokens up to `up_to`; None: any number."""

    more_than: int
    up_to: int | None
    input: Decimal
    cached: Decimal
    cache_write: Decimal
    output: Decimal
    per_request: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """What the runs of one `key` cost before and after, in USD. It counts the runs that change only."""

    key: str
    runs: int
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """What is added, or less than nothing."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change in all, by model and by user, the largest change first. `digest` stands for each single change.

    `looked_at` counts the runs that were chosen; `left_alone` those of them that are never changed: billed by their
    provider, or changed again since what is to be undone.
    """

    total: Difference
    by_model: tuple[Difference, ...]
    by_user: tuple[Difference, ...]
    digest: str
    looked_at: int
    left_alone: int


@dataclass(frozen=True, slots=True)
class Repricing:
    """That runs were priced anew, and what they cost before and after, in USD. `undoes` names one that it took back;
    `undone` tells that it was taken back itself. `made_by` is a user's id."""

    id: UUID
    made_by: str
    made_at: datetime
    reason: str
    selection: Selection
    runs: int
    before: Decimal
    after: Decimal
    undoes: UUID | None = None
    undone: bool = False


def bands(prices: Prices) -> Iterator[Band]:
    """Yield the bands of input tokens between the cliffs of `prices`, which together are all of them."""
    rates = (prices.input, prices.cached or prices.input, prices.cache_write or prices.input, prices.output)
    edges = sorted({start for rate in rates for start, _ in rate.above if start >= 0})
    for more_than, up_to in zip([-1, *edges], [*edges, None], strict=True):
        given, cached, written, taken = (rate.at(more_than + 1) for rate in rates)
        yield Band(more_than, up_to, given, cached, written, taken, prices.per_request)
