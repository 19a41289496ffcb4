"""The headlines of a report: each figure with its days as a sparkline, and its change against the period before."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import streamlit as st

from core.domain.spend import Slice, SpendReport, Totals
from pages.components import format as show
from pages.components.measure import Measure
from pages.components.periods import Days
from pages.components.sparkline import sparkline

Of = Callable[[Slice], Decimal]


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure. `judged` says whether more of it is worse; `of` is what its sparkline follows, day by day."""

    label: str
    value: str
    change: str | None
    about: str | None = None
    beside: str | None = None
    judged: Literal["off", "inverse"] = "off"
    of: Of | None = None


def draw_headlines(report: SpendReport, days: Days) -> None:
    """Draw cost, runs, tokens, share of failed runs, response time."""
    with st.grid("auto", min_column_width=150, gap="small"):
        for headline in (*_counted(report.totals, report.previous), *_judged(report.totals, report.previous)):
            with st.container(border=True, height="stretch", gap="xsmall"):
                _draw(headline, report, days)


def by_day(report: SpendReport, days: Days, of: Of) -> list[float]:
    """Return one value for each day, days without runs included."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for one in report.slices:
        sums[one.day] += of(one)
    length = (days.last - days.first).days + 1
    return [float(sums[days.first + timedelta(number)]) for number in range(length)]


def _draw(headline: Headline, report: SpendReport, days: Days) -> None:
    st.metric(
        headline.label,
        headline.value,
        0 if headline.change == "0%" else headline.change,
        delta_color=headline.judged,
        help=headline.about,
        delta_description=headline.beside,
    )
    if headline.of and days.first < days.last:
        picture = sparkline(by_day(report, days, headline.of))
        st.image(picture, width="stretch", alt=f"{headline.label}, day by day")


def _counted(now: Totals, before: Totals) -> list[Headline]:
    cost = show.literal(show.money(now.cost, estimated=bool(now.estimated_cost)))
    tokens, exact = show.compact(now.total_tokens), f"{show.count(now.input_tokens)} in"
    more = show.change(now.total_tokens, before.total_tokens)
    return [
        Headline("Cost", cost, show.change(now.cost, before.cost), _about_cost(now), of=Measure.COST.of),
        Headline("Runs", show.count(now.runs), show.change(now.runs, before.runs), of=Measure.RUNS.of),
        Headline("Tokens", tokens, more, f"{exact}, {show.count(now.output_tokens)} out", of=Measure.TOKENS.of),
    ]


def _judged(now: Totals, before: Totals) -> list[Headline]:
    return [
        Headline(
            "Failed",
            show.share(now.error_rate),
            show.points(now.error_rate, before.error_rate),
            f"{show.count(now.errors)} of {show.count(now.runs)} runs ended with an error",
            judged="inverse",
            of=lambda one: Decimal(one.errors),
        ),
        Headline(
            "Response time",
            show.duration(now.p50_latency_ms),
            show.change(now.p50_latency_ms, before.p50_latency_ms),
            "The median of whole runs: half took less. 95 of 100 took no more than p95.",
            f"p95 {show.duration(now.p95_latency_ms)}",
            judged="inverse",
        ),
    ]


def _about_cost(totals: Totals) -> str:
    told = [show.money_exact(totals.cost)]
    if totals.estimated_cost:
        told.append(f"{show.money_exact(totals.estimated_cost)} of it is estimated")
    if totals.unpriced_runs:
        told.append(f"the cost of {show.count(totals.unpriced_runs)} runs is not known")
    return show.literal("; ".join(told))
