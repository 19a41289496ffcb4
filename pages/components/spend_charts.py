"""The charts of a report, laid out: first the large one, then the smaller ones. A click on a mark leads to its runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.domain.budgets import BudgetState
from core.domain.spend import MODEL, TAG
from pages.components import budget_tile, charts, heat, outlook, rankings, rates
from pages.components import format as show
from pages.components.spend_view import View
from pages.components.trail import Query, Trail, lead

Point = Mapping[str, Any]
RunsOf = Callable[[Point], Query | None]

_CONFIG = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True, slots=True)
class SpendCharts:
    """Draws a report; `trail` leads from its marks to their runs. `budgets` are those of just what it shows."""

    view: View
    trail: Trail
    budgets: Sequence[BudgetState] = ()

    def draw(self) -> None:
        """Draw spend over time by the chosen breakdown; by the other ones; response times, errors, hours."""
        _, *others = self.view.breakdowns
        self._over_time()
        with st.grid(2, min_column_width=330):
            for by in others:
                if not by.startswith(TAG):
                    self._card_of(by)
            if tags := [by for by in others if by.startswith(TAG)]:
                self._tags(tags)
            self._response_times()
            self._errors()
            self._hours()

    def _over_time(self) -> None:
        view, by = self.view, self.view.asked.by
        frame, look, measure = view.frame, view.look(by), view.measure
        told = outlook.foretold(view.report, measure, view.now) if view.is_whole else None
        marks = outlook.odd_days(view.report, frame, look, measure)
        rest = outlook.rests(told, frame, measure) if told else []
        odd = outlook.oddities(marks)
        bound = budget_tile.bound(self.budgets, frame.grain, measure)
        figure = charts.over_time(view.slices, frame, look, measure, marks=marks, rest=rest, bound=bound)
        told_apart = charts.over_time_alt(view.slices, frame, look, measure)
        alt = ". ".join(filter(None, [told_apart, bound.told if bound else None, odd]))
        with st.container(border=True):
            st.markdown(f"**{measure} by {frame.grain} and {show.literal(look.noun)}**")
            left, right = st.columns([5, 3], gap="medium")
            with left:
                self._show("over-time", figure, alt, self._slice, by)
                if view.is_whole:
                    st.caption(show.literal(outlook.sentence(told, measure, view.now)))
                if odd:
                    st.caption(show.literal(odd))
            with right:
                self._ranking(by, "beside")

    def _card_of(self, by: str) -> None:
        with _card(f"By {self.view.look(by).noun}"):
            self._ranking(by, "card")

    def _tags(self, tags: list[str]) -> None:
        """One card for all tags, with a choice where there are several."""
        names = [by.removeprefix(TAG) for by in tags]
        with st.container(border=True, height="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown("**By tag**", width="content")
                chosen = st.selectbox("Tag", names, key="tag-shown", width=150, label_visibility="collapsed")
            self._ranking(f"{TAG}{chosen or names[0]}", "card")

    def _response_times(self) -> None:
        with _card("Response time", "From the median to what 95 of 100 runs stay within."):
            groups, look = self.view.groups(MODEL), self.view.look(MODEL)
            self._show("latency", rankings.latency(groups, look), rankings.latency_alt(groups, look), self._key(MODEL))

    def _errors(self) -> None:
        kinds, course, frame = self.view.report.error_kinds, self.view.course, self.view.frame
        with _card("Errors", "Failures by kind, and the share of failed runs over time."):
            if not kinds:
                st.caption("No run failed.")
                return
            self._show("errors", rankings.errors(kinds), rankings.errors_alt(kinds), self._kind)
            self._show("failures", rates.failures(course, frame), rates.failures_alt(course, frame), self._failed)

    def _hours(self) -> None:
        hours = self.view.report.hours
        with _card("Cost by hour of the week", "In local time, all weeks of the period together."):
            if not hours:
                st.caption("Hours are told of all models together only: take the filter for model or provider away.")
                return
            self._show("hours", heat.heat_map(hours), heat.heat_map_alt(hours))
            st.caption(show.literal(f"The fuller the colour, the more was spent: {heat.dearest(hours)}."))

    def _ranking(self, by: str, where: str) -> None:
        groups, look, measure = self.view.groups(by), self.view.look(by), self.view.measure
        figure = rankings.bars(groups, look, measure)
        self._show(f"{where}-{by}", figure, rankings.bars_alt(groups, look, measure), self._key(by), by)

    def _show(self, name: str, figure: go.Figure, alt: str, runs_of: RunsOf | None = None, by: str = MODEL) -> None:
        if runs_of is None or not self.trail.leads(by):
            st.plotly_chart(figure, config=_CONFIG, alt=alt)
            return
        key = f"chart-{name}"
        st.plotly_chart(
            figure,
            config=_CONFIG,
            alt=alt,
            key=key,
            on_select=lambda: _clicked(key, runs_of),
            selection_mode="points",
        )

    def _slice(self, point: Point) -> Query | None:
        """The runs of one key in one slice, or those of the whole slice where it is marked."""
        start, key = charts.slice_of(point)
        if start is None:
            return None
        days = self.view.frame.span(start)
        return self.trail.to_runs(days, self.view.asked.by, key)

    def _kind(self, point: Point) -> Query | None:
        return self.trail.to_failed(code=charts.key_of(point))

    def _failed(self, point: Point) -> Query | None:
        start, _ = charts.slice_of(point)
        return self.trail.to_failed(self.view.frame.span(start)) if start else None

    def _key(self, by: str) -> RunsOf:
        return lambda point: self.trail.to_runs(None, by, charts.key_of(point))


def _clicked(key: str, runs_of: RunsOf) -> None:
    points = st.session_state[key].selection.points
    if points:
        lead(runs_of(points[0]))


@contextmanager
def _card(title: str, hint: str | None = None) -> Iterator[None]:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**", help=hint)
        yield
