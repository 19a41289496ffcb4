"""The charts of a report, laid out: first the large one, then the smaller ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import streamlit as st

from core.domain.queries import SpendReport
from core.services.names import provider_name
from pages.components import charts, rankings, reads
from pages.components.measure import Measure, short_names
from pages.components.periods import Days

_CONFIG = {"displayModeBar": False, "responsive": True}


def draw_charts(report: SpendReport, days: Days, today: date) -> None:
    """Draw spend by day and model, then by provider and person, response times and errors."""
    colours, named = reads.colours(), short_names(group.key for group in report.by_model).__getitem__
    measure = _draw_spend(report, days, today, colours, named)
    with st.grid(2, min_column_width=330):
        with _card("By provider"):
            _draw(
                rankings.bars(report.by_provider, measure=measure, named=provider_name),
                rankings.bars_alt(report.by_provider, "provider", measure, provider_name),
            )
        if report.by_user:
            with _card("By person"):
                _draw(
                    rankings.bars(report.by_user, measure=measure),
                    rankings.bars_alt(report.by_user, "person", measure),
                )
        with _card("Response time", "From the median to what 95 of 100 runs stay within."):
            _draw(
                rankings.latency(report.by_model, colours=colours, named=named),
                rankings.latency_alt(report.by_model),
            )
        with _card("Errors"):
            if report.error_kinds:
                _draw(rankings.errors(report.error_kinds), rankings.errors_alt(report.error_kinds))
            else:
                st.caption("No run failed.")


def _draw_spend(
    report: SpendReport, days: Days, today: date, colours: dict[str, str], named: Callable[[str], str]
) -> Measure:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            title = st.empty()
            measure = _choose_measure(report)
        title.markdown(f"**{measure} by day and model**", width="content")
        left, right = st.columns([5, 3], gap="medium")
        with left:
            figure = charts.by_day(
                report.by_day, days.first, days.last, today, measure=measure, colours=colours, named=_known(named)
            )
            _draw(figure, charts.by_day_alt(report.by_day, days.first, days.last, measure))
        with right:
            _draw(
                rankings.bars(report.by_model, measure=measure, colours=colours, named=named),
                rankings.bars_alt(report.by_model, "model", measure),
            )
    return measure


def _choose_measure(report: SpendReport) -> Measure:
    """Cost, unless nothing was charged: then a chart of costs would be empty."""
    chosen = st.segmented_control(
        "Measure",
        list(Measure),
        default=Measure.COST if report.totals.cost else Measure.RUNS,
        required=True,
        key="measure",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or Measure.COST


def _known(named: Callable[[str], str]) -> Callable[[str], str]:
    return lambda key: key if key == charts.FOLDED else named(key)


@contextmanager
def _card(title: str, hint: str | None = None) -> Iterator[None]:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**", help=hint)
        yield


def _draw(figure: Any, alt: str) -> None:
    st.plotly_chart(figure, config=_CONFIG, alt=alt)
