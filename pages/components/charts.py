"""Charts over time, as pure functions: from figures of the domain to a Plotly figure, and to the sentence for it.

Nothing of Streamlit here. Backgrounds are transparent and text takes the page's colour, so that a figure fits light and
dark; whatever people or providers wrote is escaped, since Plotly reads some HTML. The slices stand at 0, 1, 2 and so
on; a mark's `customdata` begins with the start of its slice and its key,
in all charts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from core.domain.palette import OTHER
from core.domain.spend import OTHERS, Slice
from pages.components import format as show
from pages.components.looks import Look
from pages.components.measure import Measure, chart_label, in_text_colour
from pages.components.timeframe import Timeframe

HEIGHT = 378
ODD = "#D55E00"
ABOVE = 0.025
"""How far above its bar a mark stands, as a part of the chart's height."""

FLATTEST = 4
"""How many times the highest bar a bound may lie above nought: further up, it would leave no bar to be seen."""

NOTHING = Decimal(0)

QUIET: dict[str, Any] = {
    "dragmode": False,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hoverlabel": {"namelength": -1, "align": "left"},
    "showlegend": False,
}
"""The layout that all charts share: no toolbar's gestures, the page's own background."""

UNSELECTED = {"marker": {"opacity": 1}}
"""A click leads elsewhere: it leaves nothing paler behind."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A slice that stands out: `told` in a few words, and at length in the `hover`."""

    start: datetime
    told: str
    hover: str


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to be expected in a slice, told in words; `band` are the ends of what its whole may come to."""

    start: datetime
    value: Decimal
    told: str
    band: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that no slice should pass, with what is `told` of it in a few words."""

    value: Decimal
    told: str


@dataclass(frozen=True, slots=True)
class _Stack:
    key: str
    values: dict[datetime, Decimal]
    runs: dict[datetime, int]

    @property
    def sum(self) -> Decimal:
        return sum(self.values.values(), NOTHING)


def over_time(
    spend: Sequence[Slice],
    frame: Timeframe,
    look: Look,
    measure: Measure = Measure.COST,
    *,
    marks: Sequence[Mark] = (),
    rest: Sequence[Rest] = (),
    bound: Bound | None = None,
) -> go.Figure:
    """Draw a bar for each slice of time, stacked by the breakdown's keys; the slice that is not over is hatched.

    `marks` stand above their bars; what is still to come, the `rest`, stands pale on top of what is there and after it.
    The `bound` is a line across, where it is not far above all bars.
    There is no legend: the ranking of the keys, in the same colours, stands beside it.
    """
    starts = list(dict.fromkeys([*frame.starts, *(one.start for one in rest)]))
    places = {start: place for place, start in enumerate(starts)}
    totals = _totals(spend, measure)
    traces = [_bars(stack, totals, places, frame, look, measure) for stack in _stacks(spend, measure)]
    ends = [one.band[1] if one.band else totals.get(one.start, NOTHING) + one.value for one in rest]
    highest = float(max([*totals.values(), *ends], default=NOTHING)) or 1.0
    if rest:
        traces.append(_rest(rest, totals, places))
    if marks:
        traces.append(_marks(marks, totals, places, highest))
    if bound and bound.value <= FLATTEST * highest:
        traces.append(_bound(bound, len(starts)))
        highest = max(highest, float(bound.value))
    return go.Figure(traces, _layout(frame, len(starts), highest, measure))


def over_time_alt(spend: Sequence[Slice], frame: Timeframe, look: Look, measure: Measure = Measure.COST) -> str:
    """Return the sentence that stands for `over_time`: the sum, its largest slice and its largest key."""
    title = f"{measure} by {frame.grain} and {look.noun}"
    stacks, totals = _stacks(spend, measure), _totals(spend, measure)
    if not stacks:
        return f"{title}: nothing"
    top = max(totals, key=lambda start: totals[start])
    whole = measure.reads(sum(totals.values(), NOTHING))
    return (
        f"{title}: {whole} in all; largest {frame.grain}: {frame.reads(top)} ({measure.reads(totals[top])}); "
        f"largest {look.noun}: {look.name(stacks[0].key)} ({measure.reads(stacks[0].sum)})"
    )


def slice_of(point: Mapping[str, Any]) -> tuple[datetime | None, str | None]:
    """Return the slice and the key that were clicked: no slice for what is still to come, no key for a whole slice."""
    start, key = point["customdata"][:2]
    return datetime.fromisoformat(start) if start else None, key


def key_of(point: Mapping[str, Any]) -> str | None:
    """Return the key that was clicked in a ranking; `OTHERS` for what has none of its own."""
    _, key = slice_of(point)
    return key


def time_axis(frame: Timeframe, places: int) -> dict[str, Any]:
    """Return the axis of a chart over time with so many places."""
    ticks = frame.ticks()
    return {
        "range": [-0.6, places - 0.4],
        "tickvals": list(ticks),
        "ticktext": [in_text_colour(name) for name in ticks.values()],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "title": None,
    }


def value_axis(highest: float, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    """Return an axis of values, from nought to `highest`."""
    before, after = in_text_colour("|").split("|")
    return {
        "range": [0, highest * 1.06],
        "tickprefix": f"{before}{prefix}",
        "ticksuffix": f"{suffix}{after}",
        "nticks": 5,
        "rangemode": "tozero",
        "fixedrange": True,
        "title": None,
        "automargin": True,
    }


def _totals(spend: Sequence[Slice], measure: Measure) -> dict[datetime, Decimal]:
    totals: dict[datetime, Decimal] = defaultdict(Decimal)
    for one in spend:
        totals[one.starts] += measure.of(one)
    return totals


def _stacks(spend: Sequence[Slice], measure: Measure) -> list[_Stack]:
    """The largest first, and last what has no key of its own."""
    by_key: dict[str, _Stack] = {}
    for one in spend:
        stack = by_key.setdefault(one.key, _Stack(one.key, defaultdict(Decimal), defaultdict(int)))
        stack.values[one.starts] += measure.of(one)
        stack.runs[one.starts] += one.runs
    some = [stack for stack in by_key.values() if stack.sum]
    return sorted(some, key=lambda stack: (stack.key == OTHERS, -stack.sum, stack.key))


def _bars(
    stack: _Stack,
    totals: Mapping[datetime, Decimal],
    places: Mapping[datetime, int],
    frame: Timeframe,
    look: Look,
    measure: Measure,
) -> dict[str, Any]:
    starts = [start for start, value in sorted(stack.values.items()) if value]
    hatch = ["/" if frame.is_open(start) else "" for start in starts]
    return {
        "type": "bar",
        "x": [places[start] for start in starts],
        "y": [float(stack.values[start]) for start in starts],
        "customdata": [_told(stack, start, totals[start], frame, measure) for start in starts],
        "name": chart_label(look.name(stack.key)),
        "marker": {
            "color": look.colour(stack.key),
            "line": {"width": 0},
            "pattern": {"shape": hatch, "fillmode": "replace", "size": 5},
        },
        "unselected": UNSELECTED,
        "hovertemplate": "%{customdata[2]}<br><b>%{fullData.name}</b><br>%{customdata[3]}<extra></extra>",
    }


def _told(stack: _Stack, start: datetime, total: Decimal, frame: Timeframe, measure: Measure) -> list[str]:
    value = stack.values[start]
    figure = measure.reads_exactly(value)
    runs = "" if measure is Measure.RUNS else f" · {show.runs(stack.runs[start])}"
    part = f"{show.share(float(value / total))} of {measure.reads(total)}"
    when = f"{frame.reads(start)}{', so far' if frame.is_open(start) else ''}"
    return [start.isoformat(), stack.key, when, f"{figure}{runs}<br>{part}"]


def _rest(rest: Sequence[Rest], totals: Mapping[datetime, Decimal], places: Mapping[datetime, int]) -> dict[str, Any]:
    ends = [one.band or (NOTHING, NOTHING) for one in rest]
    wholes = [totals.get(one.start, NOTHING) + one.value for one in rest]
    return {
        "type": "bar",
        "x": [places[one.start] for one in rest],
        "y": [float(one.value) for one in rest],
        "customdata": [[None, OTHERS, one.told] for one in rest],
        "name": "Still to come",
        "marker": {"color": OTHER, "opacity": 0.35, "line": {"width": 0}},
        "unselected": {"marker": {"opacity": 0.35}},
        "error_y": {
            "visible": any(one.band for one in rest),
            "array": [float(high - whole) for (_, high), whole in zip(ends, wholes, strict=True)],
            "arrayminus": [float(whole - low) for (low, _), whole in zip(ends, wholes, strict=True)],
            "color": OTHER,
            "thickness": 1.5,
            "width": 5,
        },
        "hovertemplate": "%{customdata[2]}<extra></extra>",
    }


def _marks(
    marks: Sequence[Mark], totals: Mapping[datetime, Decimal], places: Mapping[datetime, int], highest: float
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [places[one.start] for one in marks],
        "y": [float(totals[one.start]) + highest * ABOVE for one in marks],
        "customdata": [[one.start.isoformat(), None, one.hover] for one in marks],
        "name": "Stands out",
        "marker": {"symbol": "triangle-down", "size": 9, "color": ODD},
        "unselected": UNSELECTED,
        "cliponaxis": False,
        "hovertemplate": "%{customdata[2]}<extra></extra>",
    }


def _bound(bound: Bound, places: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+text",
        "x": [-0.6, places - 0.4],
        "y": [float(bound.value)] * 2,
        "text": ["", f"{in_text_colour(chart_label(bound.told))}<br>"],  # an empty line holds it off the other one
        "textposition": "top left",
        "cliponaxis": False,
        "customdata": [[None, None, chart_label(bound.told)]] * 2,
        "name": "Budget",
        "line": {"color": ODD, "width": 1.5, "dash": "dash"},
        "hovertemplate": "%{customdata[2]}<extra></extra>",
    }


def _layout(frame: Timeframe, places: int, highest: float, measure: Measure) -> dict[str, Any]:
    return {
        **QUIET,
        "barmode": "stack",
        "bargap": 0.18,
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        "hovermode": "closest",
        "xaxis": time_axis(frame, places),
        "yaxis": value_axis(highest, "$" if measure is Measure.COST else ""),
    }
