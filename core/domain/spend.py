"""What can be asked of the spend, and the shape of the answers. Money in USD; durations in ms; shares from 0 to 1."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

USER, MODEL, PROVIDER = "user", "model", "provider"
TAG = "tag:"
"""A breakdown is by `MODEL`, `PROVIDER`, `USER`, or by a tag: `TAG` and its name."""

OTHERS = ""
"""The key of what is folded together, or has no key of its own."""


class Grain(StrEnum):
    """How long a slice of time is: an hour, a day, a week from Monday on, a month, of the reporting zone."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Days:
    """Local days of the reporting zone, both included."""

    first: date
    last: date

    @property
    def before(self) -> "Days":
        """As many days, just before."""
        length = self.last - self.first + timedelta(1)
        return Days(self.first - length, self.last - length)


@dataclass(frozen=True, slots=True)
class SpendFilter:
    """Whose spend, and on what; None does not restrict. `tag` is a name and a value; it goes with no `user_id`."""

    user_id: str | None = None
    model_id: str | None = None
    provider: str | None = None
    tag: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a user's settled runs came to. Money in USD, the sum of what is known; the latency in ms."""

    runs: int
    tokens: int
    cost: Decimal
    mean_latency_ms: float | None
    models: int
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a set of settled runs.

    `cost` sums what is known; `unpriced_runs` have none. `billed_cost` and `estimated_cost` are the parts of `cost`
    that a provider told, and that are an estimate; `own_key_cost` is what users paid with keys of their own.
    Percentiles come from histograms: they are off by up to 7 %, mostly by less than 2 %.
    """

    runs: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    estimated_cost: Decimal
    unpriced_runs: int
    errors: int
    p50_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    p99_latency_ms: float | None = None
    p50_ttft_ms: float | None = None
    p95_ttft_ms: float | None = None
    cached_tokens: int = 0
    cancelled: int = 0
    incomplete: int = 0
    unknown: int = 0
    billed_cost: Decimal = Decimal(0)
    own_key_cost: Decimal = Decimal(0)

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def error_rate(self) -> float | None:
        """The share of runs that failed; None without runs."""
        return self.errors / self.runs if self.runs else None

    @property
    def cost_per_thousand_tokens(self) -> Decimal | None:
        """USD for a thousand tokens, in and out together; None without tokens."""
        return self.cost * 1000 / self.total_tokens if self.total_tokens else None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one key of a breakdown: a model's id, a provider's name, a user's id, a tag's value."""

    key: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Slice:
    """One key in one slice of time, which `starts` at that local time of the reporting zone."""

    starts: datetime
    key: str
    cost: Decimal
    runs: int
    tokens: int
    errors: int

    @property
    def day(self) -> date:
        """The local day on which it starts."""
        return self.starts.date()


@dataclass(frozen=True, slots=True)
class DayTotal:
    """All of one local day."""

    day: date
    cost: Decimal
    runs: int
    errors: int
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """All of one local hour of the week, 0 to 23 on the weekdays 0 (Monday) to 6."""

    weekday: int
    hour: int
    cost: Decimal
    runs: int


@dataclass(frozen=True, slots=True)
class SpendReport:
    """Everything that the stats page draws.

    `slices` are by the breakdown and grain asked for, its largest keys apart and the others under `OTHERS`. `by_user`
    is empty for those who see only themselves. `by_tag` has the groups of each tag by its name; runs without it are in
    none. `days` are the days before and in the period that forecasts and outliers are reckoned from, days without runs
    left out. `hours` is None where the filter leaves none to be told.
    """

    days_asked: Days
    totals: Totals
    previous: Totals
    slices: list[Slice]
    by_model: list[Group]
    by_provider: list[Group]
    by_user: list[Group]
    error_kinds: list[tuple[str, int]]
    by_tag: dict[str, list[Group]] = field(default_factory=dict)
    days: list[DayTotal] = field(default_factory=list)
    hours: list[HourOfWeek] | None = None
