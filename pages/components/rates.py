"""How the share of failed runs went over time, as a pure function like those of `charts`."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.domain.spend import Slice
from pages.components import format as show
from pages.components.charts import QUIET, UNSELECTED, time_axis, value_axis
from pages.components.rankings import ERRORS
from pages.components.timeframe import Timeframe

HEIGHT = 150
LEAST = 5.0
"""An axis of rates reaches to 5 % at least: a single failed run is no mountain."""


def failures(course: Sequence[Slice], frame: Timeframe) -> go.Figure:
    """Draw the share of failed runs in each slice that has runs; `course` is all of each slice."""
    places = {start: place for place, start in enumerate(frame.starts)}
    rates = [100 * one.errors / one.runs for one in course]
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [places[one.starts] for one in course],
        "y": rates,
        "customdata": [[one.starts.isoformat(), None, _told(one, frame)] for one in course],
        "line": {"color": ERRORS, "width": 2},
        "marker": {"size": 6 if len(course) <= 31 else 3, "color": ERRORS},
        "unselected": UNSELECTED,
        "hovertemplate": "%{customdata[2]}<extra></extra>",
    }
    return go.Figure(
        [line],
        {
            **QUIET,
            "height": HEIGHT,
            "margin": {"l": 0, "r": 4, "t": 6, "b": 0},
            "hovermode": "x",
            "xaxis": time_axis(frame, len(places)),
            "yaxis": value_axis(max([LEAST, *rates]), suffix="%"),
        },
    )


def failures_alt(course: Sequence[Slice], frame: Timeframe) -> str:
    """Return the sentence that stands for `failures`: where most of the runs failed."""
    title = f"Share of failed runs by {frame.grain}"
    if not course:
        return f"{title}: nothing"
    worst = max(course, key=lambda one: one.errors / one.runs)
    return f"{title}: at most {show.share(worst.errors / worst.runs)} ({frame.reads(worst.starts)})"


def _told(one: Slice, frame: Timeframe) -> str:
    share = show.share(one.errors / one.runs)
    return f"{frame.reads(one.starts)}<br><b>{share} failed</b><br>{show.count(one.errors)} of {show.runs(one.runs)}"
