"""What can be asked of the recorded runs, and the shape of the answers."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core.domain.periods import Period
from core.domain.runs import RunEntry, RunRow, RunStatus


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which runs. None does not restrict; all that is given must hold. `text` is searched in the kept prompts.

    `ended` leaves out the runs under way.
    """

    user_id: str | None = None
    model_id: str | None = None
    provider: str | None = None
    status: RunStatus | None = None
    period: Period | None = None
    text: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the history, between runs: newest first, ties broken by id."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some runs, newest first. `newer` and `older` are where to go on from, None at an end."""

    rows: list[RunRow]
    newer: Position | None
    older: Position | None


@dataclass(frozen=True, slots=True)
class HistoryList:
    """Some runs with their texts, newest first, and how many there are in `total`. `older` is None at the end."""

    total: int
    entries: list[RunEntry]
    older: Position | None


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
    """Figures of a set of settled runs. Money in USD, durations in ms; a share is between 0 and 1.

    `cost` sums what is known; `unknown_runs` have none. `estimated_cost` is the part of `cost` that is an estimate.
    """

    runs: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    estimated_cost: Decimal
    unknown_runs: int
    errors: int
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    p50_ttft_ms: float | None
    last_run_at: datetime | None

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def error_rate(self) -> float | None:
        """The share of runs that failed; None without runs."""
        return self.errors / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class DailySpend:
    """One model on one local day of the reporting zone."""

    day: date
    model_id: str
    cost: Decimal
    runs: int
    tokens: int
    errors: int


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one model, provider or user. `key` is the model's id, the provider's name or the user's id."""

    key: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class SpendReport:
    """Everything that the stats page draws. `by_user` is empty for those who see only themselves."""

    period: Period
    totals: Totals
    previous: Totals
    by_day: list[DailySpend]
    by_model: list[Group]
    by_provider: list[Group]
    by_user: list[Group]
    error_kinds: list[tuple[str, int]]
