"""What a report foretells and what was odd in it, in words and as marks for the chart over time."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from html import escape

from core.domain.forecast import FEWEST_WEEKS, Forecast, forecast
from core.domain.outliers import Outlier, outliers
from core.domain.spend import OTHERS, Grain, SpendReport
from pages.components import format as show
from pages.components.charts import Mark, Rest
from pages.components.looks import Look
from pages.components.measure import Measure
from pages.components.timeframe import Timeframe

LEAST = {Measure.COST: Decimal("0.50"), Measure.RUNS: Decimal(50), Measure.TOKENS: Decimal(50_000)}
"""How far above the usual a day must be to be marked: cents do not shout."""

MOSTLY = Decimal("0.5")
TOLD = 3
"""How many days that stand out are told in words."""

_DAY_S = 86_400


def foretold(report: SpendReport, measure: Measure, now: datetime) -> Forecast | None:
    """Return where the month of the local time `now` will end."""
    elapsed = Decimal((now - datetime.combine(now.date(), time())).seconds) / _DAY_S
    return forecast(_by_day(report, measure), now.date(), elapsed)


def sentence(told: Forecast | None, measure: Measure, now: datetime) -> str:
    """Return the forecast in a sentence, with what it rests on; or why there is none."""
    month = f"{now:%B}"
    if told is None:
        return f"Where {month} will end can be told once there are {FEWEST_WEEKS} weeks of runs."
    so_far, end, low, high = (_briefly(value, measure) for value in (told.so_far, told.expected, told.low, told.high))
    unit = "" if measure is Measure.COST else f" {measure.noun}"
    return (
        f"{month} will end near {end}{unit} ({low} to {high}): {so_far} so far, "
        f"and for the days left what their weekday came to in the last {told.weeks} weeks."
    )


def rests(told: Forecast, frame: Timeframe, measure: Measure) -> list[Rest]:
    """Return what is still to come as it stands in a chart: by days where they fit in, or on top of the month."""
    if frame.grain is Grain.MONTH:
        whole, low, high = (measure.reads(value) for value in (told.expected, told.low, told.high))
        words = f"{frame.now:%B %Y}<br><b>{whole} expected</b><br>between {low} and {high}"
        month = datetime.combine(frame.now.date().replace(day=1), time())
        return [Rest(month, told.expected - told.so_far, words, (told.low, told.high))]
    if frame.grain is Grain.DAY and len(told.left) <= len(frame.starts):
        return [_rest(day, value, measure, told.weeks) for day, value in told.left if value]
    return []


def odd_days(report: SpendReport, frame: Timeframe, look: Look, measure: Measure) -> list[Mark]:
    """Return the days that stand out, where the slices are days, each with its reason."""
    if frame.grain is not Grain.DAY:
        return []
    found = outliers(_by_day(report, measure), frame.days, LEAST[measure])
    return [_mark(one, report, frame, look, measure) for one in found]


def oddities(marks: Sequence[Mark]) -> str:
    """Return in a sentence which days stand out, the latest first; nothing where none does."""
    latest = [one.told for one in reversed(marks)]
    more = f"; and {len(latest) - TOLD} more" if len(latest) > TOLD else ""
    return f"What stands out: {'; '.join(latest[:TOLD])}{more}." if latest else ""


def _briefly(value: Decimal, measure: Measure) -> str:
    """No more digits than a forecast knows."""
    return show.money(value) if measure is Measure.COST else show.compact(round(value))


def _by_day(report: SpendReport, measure: Measure) -> dict[date, Decimal]:
    return {one.day: measure.of(one) for one in report.days}


def _rest(day: date, value: Decimal, measure: Measure, weeks: int) -> Rest:
    when, why = f"{day:%A}, {day.day} {day:%b %Y}", f"as on {day:%A}s of the last {weeks} weeks"
    return Rest(datetime.combine(day, time()), value, f"{when}<br><b>{measure.reads(value)} to come</b><br>{why}")


def _mark(one: Outlier, report: SpendReport, frame: Timeframe, look: Look, measure: Measure) -> Mark:
    start = datetime.combine(one.day, time())
    usual = f"{one.times:.1f} × the usual {one.day:%A}" if one.times else f"nothing is usual on a {one.day:%A}"
    parts = {part.key: measure.of(part) for part in report.slices if part.starts == start and part.key != OTHERS}
    top = max(parts, key=lambda key: parts[key], default=None)
    why = f"{usual}; mostly {look.name(top)}" if top and parts[top] >= MOSTLY * one.value else usual
    figure = measure.reads(one.value)
    hover = f"{frame.reads(start)}<br><b>{figure}</b><br>{escape(why)}"
    return Mark(start, f"{one.day:%A}, {one.day.day} {one.day:%B}, with {figure} ({why})", hover)
