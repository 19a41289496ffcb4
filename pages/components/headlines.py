"""The headlines of a report: each figure with its days as a sparkline, and its change against the period before."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import streamlit as st

from core.domain.queries import DailySpend, SpendReport, Totals
from pages.components import format as show
from pages.components.measure import Measure
from pages.components.periods import Days

Judged = Literal["off", "inverse"]


def draw_headlines(report: SpendReport, days: Days) -> None:
    """Draw cost, runs, tokens, share of failed runs, response time."""
    now, before = report.totals, report.previous
    estimated = bool(now.estimated_cost)
    with st.grid("auto", min_column_width=150, gap="small"):
        _headline(
            "Cost",
            show.literal(show.money(now.cost, estimated=estimated)),
            show.change(now.cost, before.cost),
            help=_about_cost(now),
            line=by_day(report, days, Measure.COST.of),
        )
        _headline(
            "Runs", show.count(now.runs), show.change(now.runs, before.runs), line=by_day(report, days, Measure.RUNS.of)
        )
        _headline(
            "Tokens",
            show.compact(now.total_tokens),
            show.change(now.total_tokens, before.total_tokens),
            help=f"{show.count(now.input_tokens)} in, {show.count(now.output_tokens)} out",
            line=by_day(report, days, Measure.TOKENS.of),
        )
        _headline(
            "Failed",
            show.share(now.error_rate),
            show.points(now.error_rate, before.error_rate),
            judged="inverse",
            help=f"{show.count(now.errors)} of {show.count(now.runs)} runs ended with an error",
            line=by_day(report, days, lambda one: Decimal(one.errors)),
        )
        _headline(
            "Response time",
            show.duration(now.p50_latency_ms),
            show.change(now.p50_latency_ms, before.p50_latency_ms),
            judged="inverse",
            help="The median of whole runs: half took less. 95 of 100 took no more than p95.",
            beside=f"p95 {show.duration(now.p95_latency_ms)}",
        )


def by_day(report: SpendReport, days: Days, of: Callable[[DailySpend], Decimal]) -> list[float]:
    """Return one value for each day, days without runs included."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for one in report.by_day:
        sums[one.day] += of(one)
    length = (days.last - days.first).days + 1
    return [float(sums[days.first + timedelta(number)]) for number in range(length)]


def _headline(
    label: str,
    value: str,
    change: str | None,
    *,
    judged: Judged = "off",
    help: str | None = None,
    beside: str | None = None,
    line: list[float] | None = None,
) -> None:
    st.metric(
        label,
        value,
        0 if change == "0%" else change,
        delta_color=judged,
        help=help,
        delta_description=beside,
        chart_data=line if line and len(line) > 1 else None,
        chart_type="area",
        border=True,
        height="stretch",
    )


def _about_cost(totals: Totals) -> str:
    told = [show.money_exact(totals.cost)]
    if totals.estimated_cost:
        told.append(f"{show.money_exact(totals.estimated_cost)} of it is estimated")
    if totals.unknown_runs:
        told.append(f"the cost of {show.count(totals.unknown_runs)} runs is not known")
    return show.literal("; ".join(told))
