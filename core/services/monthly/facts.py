"""What is known of a month before it is put into words, and how its charts count."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain import figures as show
from core.domain.forecast import Forecast
from core.domain.outliers import Outlier
from core.domain.spend import Days, DayTotal, Slice, SpendReport, Totals


@dataclass(frozen=True, slots=True)
class Measure:
    """What the charts of a month count: `of` takes it from figures, `reads` writes it."""

    name: str
    prefix: str
    of: Callable[[Totals | Slice | DayTotal], Decimal]
    reads: Callable[[Decimal], str]


COST = Measure("Spend", "$", lambda figures: figures.cost, show.money)
RUNS = Measure("Runs", "", lambda figures: Decimal(figures.runs), lambda runs: show.count(int(runs)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a month. `days` are those of it that have begun, `beside` those of the month before.

    `beside` and `previous` are None where nothing can be asked of the month before, `forecast` where the month is over
    or too little is known.
    """

    month: date
    days: Days
    whose: str
    report: SpendReport
    beside: Days | None
    previous: Totals | None
    forecast: Forecast | None
    outliers: Sequence[Outlier]
    colours: Mapping[str, str]
    today: date
    made_at: datetime
    zone: ZoneInfo

    @property
    def measure(self) -> Measure:
        """Cost, unless nothing was charged: then a chart of costs would be empty."""
        return COST if self.report.totals.cost else RUNS

    @property
    def running(self) -> bool:
        """Whether the month has begun and is not over."""
        return self.days.first <= self.today <= whole_month(self.month).last

    @property
    def before(self) -> str:
        """The name of the month before."""
        return f"{self.month - timedelta(1):%B}"


def whole_month(day: date) -> Days:
    """Return the days of the month in which `day` lies."""
    first = day.replace(day=1)
    return Days(first, (first + timedelta(32)).replace(day=1) - timedelta(1))


def span(days: Days) -> str:
    """Return days of one month as `1 – 18 November`, and a whole month as `November`."""
    if days == whole_month(days.first):
        return f"{days.first:%B}"
    return f"{day_name(days.first)}" if days.first == days.last else f"{days.first.day} – {day_name(days.last)}"


def day_name(day: date) -> str:
    """Return a day as `18 November`."""
    return f"{day.day} {day:%B}"
