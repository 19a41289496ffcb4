"""The charts of a report, laid out: first the large one, then the smaller ones. A click on a mark leads to its runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.domain.runs import RunStatus
from core.domain.spend import SpendReport
from core.services.names import provider_name
from pages.components import charts, rankings, reads, status
from pages.components.measure import Measure, short_names
from pages.components.periods import Days

Point = Mapping[str, Any]
Chosen = dict[str, str | list[str]]

_CHOSEN = "chosen-mark"
_CONFIG = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True, slots=True)
class SpendCharts:
    """Draws a report. `own` says that all its runs are the reader's, whom a click then leads to them."""

    report: SpendReport
    days: Days
    today: date
    own: bool

    def draw(self) -> None:
        """Draw spend by day and model, then by provider and person, response times and errors."""
        if chosen := st.session_state.pop(_CHOSEN, None):
            st.switch_page("history.py", query_params=chosen)
        report = self.report
        named = short_names(group.key for group in report.by_model).__getitem__
        measure = self._spend(named)
        with st.grid(2, min_column_width=330):
            with _card("By provider"):
                figure = rankings.bars(report.by_provider, measure=measure, named=provider_name)
                alt = rankings.bars_alt(report.by_provider, "provider", measure, provider_name)
                self._show(figure, alt, self._of_provider)
            if report.by_user:
                with _card("By person"):
                    figure = rankings.bars(report.by_user, measure=measure)
                    self._show(figure, rankings.bars_alt(report.by_user, "person", measure))
            with _card("Response time", "From the median to what 95 of 100 runs stay within."):
                figure = rankings.latency(report.by_model, colours=reads.colours(), named=named)
                self._show(figure, rankings.latency_alt(report.by_model), self._of_model)
            with _card("Errors"):
                self._errors()

    def _spend(self, named: Callable[[str], str]) -> Measure:
        report, days = self.report, self.days
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                title = st.empty()
                measure = _choose_measure(report)
            title.markdown(f"**{measure} by day and model**", width="content")
            left, right = st.columns([5, 3], gap="medium")
            colours = reads.colours()
            with left:
                figure = charts.by_day(
                    report.slices, days.first, days.last, self.today, measure=measure, colours=colours, named=named
                )
                self._show(figure, charts.by_day_alt(report.slices, days.first, days.last, measure), _of_day)
            with right:
                figure = rankings.bars(report.by_model, measure=measure, colours=colours, named=named)
                self._show(figure, rankings.bars_alt(report.by_model, "model", measure), self._of_model)
        return measure

    def _errors(self) -> None:
        kinds = self.report.error_kinds
        if kinds:
            self._show(rankings.errors(kinds), rankings.errors_alt(kinds), self._failed)
        else:
            st.caption("No run failed.")

    def _show(self, figure: go.Figure, alt: str, runs_of: Callable[[Point], Chosen] | None = None) -> None:
        if runs_of is None or not self.own:
            st.plotly_chart(figure, config=_CONFIG, alt=alt)
            return
        key = f"chart-{alt}"
        st.plotly_chart(
            figure,
            config=_CONFIG,
            alt=alt,
            key=key,
            on_select=lambda: _choose(key, runs_of),
            selection_mode="points",
        )

    def _of_model(self, point: Point) -> Chosen:
        key = rankings.key_of(point)
        return _within(self.days) | ({"model": key} if key else {})

    def _of_provider(self, point: Point) -> Chosen:
        key = rankings.key_of(point)
        return _within(self.days) | ({"provider": provider_name(key)} if key else {})

    def _failed(self, point: Point) -> Chosen:
        return _within(self.days) | {"status": status.word(RunStatus.ERROR)}


def _choose(key: str, runs_of: Callable[[Point], Chosen]) -> None:
    """Note whose runs were asked for: in a callback, so that coming back to the page asks for nothing."""
    points = st.session_state[key].selection.points
    if points:
        st.session_state[_CHOSEN] = runs_of(points[0])


def _of_day(point: Point) -> Chosen:
    day = charts.day_of(point)
    return _within(Days(day, day))


def _within(days: Days) -> Chosen:
    return {"days": list(dict.fromkeys((days.first.isoformat(), days.last.isoformat())))}


def _choose_measure(report: SpendReport) -> Measure:
    """Cost, unless nothing was charged: then a chart of costs would be empty."""
    likely = Measure.COST if report.totals.cost else Measure.RUNS
    chosen = st.selectbox(
        "Measure",
        list(Measure),
        index=list(Measure).index(likely),
        key="measure",
        bind="query-params",
        width=110,
        label_visibility="collapsed",
    )
    return chosen or likely


@contextmanager
def _card(title: str, hint: str | None = None) -> Iterator[None]:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**", help=hint)
        yield
