"""The headlines of a report: each figure with its course as a sparkline, and its change against the period before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import streamlit as st

from core.domain.budgets import BudgetState
from core.domain.figures import ESTIMATED
from core.domain.spend import Slice, SpendReport, Totals
from pages.components import format as show
from pages.components.budget_tile import draw_tile
from pages.components.measure import Measure
from pages.components.sparkline import sparkline
from pages.components.trail import Query, Trail, lead

WITHOUT_CENTS, COMPACT = 1_000, 100_000
"""From how many USD on a headline leaves out the cents, and the digits after the third."""

Of = Callable[[Slice], Decimal | float]


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure. `judged` says whether more of it is worse; `of` is what its sparkline follows.

    Below it stands `below`, or what leads to the `runs`.
    """

    label: str
    value: str
    change: str | None
    about: str | None = None
    below: str | None = None
    judged: Literal["off", "inverse"] = "off"
    of: Of | None = None
    runs: Query | None = None


def draw_headlines(
    report: SpendReport, course: Sequence[Slice], trail: Trail, budgets: Sequence[BudgetState] = ()
) -> None:
    """Draw cost, runs, tokens, cost per thousand tokens, share of failed runs, response time, and the budget.

    `course` is all of each slice of time, in order; `budgets` are those of just what the report shows.
    """
    now, before = report.totals, report.previous
    with st.grid("auto", min_column_width=134, gap="xsmall"):
        for headline in (*_counted(now, before, trail), *_judged(now, before, trail)):
            with st.container(border=True, height="stretch", gap="xsmall"):
                _draw(headline, course)
    draw_tile(budgets)


def _draw(headline: Headline, course: Sequence[Slice]) -> None:
    st.metric(
        headline.label,
        headline.value,
        0 if headline.change == "0%" else headline.change,
        delta_color=headline.judged,
        help=headline.about,
    )
    if headline.of and len(course) > 1:
        picture = sparkline([float(headline.of(one)) for one in course])
        st.image(picture, width="stretch", alt=f"The course of: {headline.label}")
    if headline.runs:
        key = f"runs-{headline.label}"
        st.button("See the runs", key=key, type="tertiary", on_click=lead, args=(headline.runs,))
    elif headline.below:
        st.caption(headline.below)


def _counted(now: Totals, before: Totals, trail: Trail) -> list[Headline]:
    cost = show.literal(f"{ESTIMATED if now.estimated_cost else ''}{_large(now.cost)}")
    in_out = f"{show.compact(now.input_tokens)} in, {show.compact(now.output_tokens)} out"
    exact = f"{show.count(now.input_tokens)} in, {show.count(now.output_tokens)} out"
    price, price_before = now.cost_per_thousand_tokens, before.cost_per_thousand_tokens
    return [
        Headline(
            "Cost",
            cost,
            show.change(now.cost, before.cost),
            show.literal(show.money_exact(now.cost)),
            _uncertain(now),
            of=Measure.COST.of,
        ),
        Headline(
            "Runs",
            show.count(now.runs),
            show.change(now.runs, before.runs),
            _ended(now),
            of=Measure.RUNS.of,
            runs=trail.to_runs(),
        ),
        Headline(
            "Tokens",
            show.compact(now.total_tokens),
            show.change(now.total_tokens, before.total_tokens),
            exact,
            in_out,
            of=Measure.TOKENS.of,
        ),
        Headline(
            "Per 1k tokens",
            show.literal(show.money(price)),
            show.change(price, price_before),
            "What a thousand tokens cost, in and out together.",
            of=lambda one: one.cost / one.tokens if one.tokens else 0,
        ),
    ]


def _judged(now: Totals, before: Totals, trail: Trail) -> list[Headline]:
    return [
        Headline(
            "Failed",
            show.share(now.error_rate),
            show.points(now.error_rate, before.error_rate),
            f"{show.count(now.errors)} of {show.runs(now.runs)} ended with an error.",
            judged="inverse",
            of=lambda one: one.errors / one.runs if one.runs else 0,
            runs=trail.to_failed() if now.errors else None,
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


def _large(amount: Decimal) -> str:
    """An amount in the few digits that a headline has room for; the exact one is its help."""
    if amount < WITHOUT_CENTS:
        return show.money(amount)
    return f"${amount:,.0f}" if amount < COMPACT else f"${show.compact(round(amount))}"


def _uncertain(totals: Totals) -> str | None:
    """How much of the cost is an estimate, of how many runs there is none, and what was paid with keys of their own."""
    told = []
    if totals.estimated_cost:
        told.append(f"{show.share(float(totals.estimated_cost / totals.cost))} estimated")
    if totals.unpriced_runs:
        told.append(f"{show.runs(totals.unpriced_runs)} not priced")
    if totals.own_key_cost:
        told.append(show.literal(f"{_large(totals.own_key_cost)} on own keys"))
    return ", ".join(told) or None


def _ended(totals: Totals) -> str:
    counts = {"stopped": totals.cancelled, "broken off": totals.incomplete, "failed": totals.errors}
    some = [f"{show.count(number)} {word}" for word, number in counts.items() if number]
    return f"Of them {', '.join(some)}." if some else "All ran to their end."
