"""Charts that rank models, providers, people, kinds of error, as pure functions like those of `charts`.

A name and a figure stand above each bar, so that a chart fits any width and needs no legend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from typing import Any

import plotly.graph_objects as go

from core.domain.palette import OTHER, model_colour
from core.domain.spend import Group
from pages.components import format as show
from pages.components.charts import FOLDED, QUIET, SHOWN, Namer, places
from pages.components.measure import Measure, chart_label, fault_name, in_text_colour

ACCENT = "#6699CC"
ERRORS = "#D55E00"
ROW_HEIGHT = 42
BAR, ABOVE = 0.26, 0.36
"""How thick a bar is, and how far above it its text stands, in rows."""


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    label: str
    value: float
    reads: str
    colour: str
    hover: str


def key_of(point: Mapping[str, Any]) -> str | None:
    """Return the key of what was clicked in a ranking; None for what is folded."""
    return str(point["customdata"][1]) or None


def bars(
    groups: Sequence[Group],
    *,
    measure: Measure = Measure.COST,
    colours: Mapping[str, str] | None = None,
    named: Namer = str,
) -> go.Figure:
    """Draw a horizontal bar for each group, largest first, the smallest folded into one where there are many."""
    ranked = _ranked(groups, measure)
    whole = sum((measure.of(group.totals) for group in groups), Decimal(0))
    rows = [_bar(group, named(group.key), _bar_colour(group.key, colours), measure, whole) for group in ranked]
    folded = _folded(rows, ranked, measure, whole)
    return _figure(folded, _bars(folded))


def bars_alt(groups: Sequence[Group], subject: str, measure: Measure = Measure.COST, named: Namer = str) -> str:
    """Return the sentence that stands for `bars`: the three largest."""
    top = [f"{named(group.key)} {measure.reads(measure.of(group.totals))}" for group in _ranked(groups, measure)[:3]]
    return f"{measure} by {subject}: {', '.join(top) or 'nothing'}"


def latency(groups: Sequence[Group], *, colours: Mapping[str, str] | None = None, named: Namer = str) -> go.Figure:
    """Draw each model's median and, paler, its 95th percentile, in seconds; the most used models first."""
    ranked = _timed(groups)[:SHOWN]
    rows = [_latency_row(group, named(group.key), _bar_colour(group.key, colours)) for group in ranked]
    medians = [
        replace(row, value=_seconds(group.totals.p50_latency_ms)) for group, row in zip(ranked, rows, strict=True)
    ]
    return _figure(rows, _bars(rows, opacity=0.3), _bars(medians))


def latency_alt(groups: Sequence[Group]) -> str:
    """Return the sentence that stands for `latency`."""
    told = [
        f"{group.key} {show.duration(group.totals.p50_latency_ms)}, {show.duration(group.totals.p95_latency_ms)}"
        for group in _timed(groups)[:3]
    ]
    return f"Median and 95th percentile of the response time by model: {'; '.join(told) or 'nothing'}"


def errors(kinds: Sequence[tuple[str, int]]) -> go.Figure:
    """Draw how often runs failed, by kind, most often first."""
    ranked = sorted(kinds, key=lambda kind: (-kind[1], kind[0]))[:SHOWN]
    rows = [
        _Row(code, fault_name(code), number, show.count(number), ERRORS, f"{fault_name(code)}: {show.count(number)}")
        for code, number in ranked
    ]
    return _figure(rows, _bars(rows))


def errors_alt(kinds: Sequence[tuple[str, int]]) -> str:
    """Return the sentence that stands for `errors`."""
    ranked = sorted(kinds, key=lambda kind: (-kind[1], kind[0]))[:3]
    return f"Failed runs by kind: {', '.join(f'{fault_name(code)} {number}' for code, number in ranked) or 'none'}"


def _figure(rows: Sequence[_Row], *traces: dict[str, Any]) -> go.Figure:
    longest = max((row.value for row in rows), default=0) or 1
    names = _texts(0, "middle right", [chart_label(row.label) for row in rows])
    figures = _texts(longest, "middle left", [row.reads for row in rows])
    return go.Figure([*traces, names, figures], _layout(len(rows), longest))


def _bars(rows: Sequence[_Row], opacity: float = 1) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(rows))),
        "x": [row.value for row in rows],
        "width": BAR,
        "marker": {"color": [row.colour for row in rows], "line": {"width": 0}, "opacity": opacity},
        "customdata": [[row.hover, row.key] for row in rows],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }


def _texts(x: float, position: str, texts: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [x] * len(texts),
        "y": [place - ABOVE for place in range(len(texts))],
        "text": [in_text_colour(text) for text in texts],
        "textposition": position,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _layout(rows: int, longest: float) -> dict[str, Any]:
    return {
        **QUIET,
        "height": ROW_HEIGHT * max(rows, 1),
        "margin": {"l": 0, "r": 2, "t": 0, "b": 0},
        "barmode": "overlay",
        "showlegend": False,
        "xaxis": {"range": [0, longest], "visible": False, "fixedrange": True},
        "yaxis": {"range": [max(rows, 1) - 0.75, -0.6], "visible": False, "fixedrange": True},
    }


def _ranked(groups: Sequence[Group], measure: Measure) -> list[Group]:
    return sorted(groups, key=lambda group: (-measure.of(group.totals), -group.totals.runs, group.key))


def _bar(group: Group, name: str, colour: str, measure: Measure, whole: Decimal) -> _Row:
    totals = group.totals
    value = measure.of(totals)
    part = f" · {show.share(float(value / whole))}" if whole else ""
    told = f"<b>{escape(name)}</b><br>{show.money(totals.cost)} · {show.count(totals.runs)} runs"
    hover = f"{told} · {show.count(totals.total_tokens)} tokens · {show.share(totals.error_rate)} failed"
    return _Row(group.key, name, float(value), f"{measure.reads(value)}{part}", colour, hover)


def _folded(rows: list[_Row], ranked: Sequence[Group], measure: Measure, whole: Decimal) -> list[_Row]:
    rest = ranked[places(len(ranked)) :]
    if not rest:
        return rows
    value = sum((measure.of(group.totals) for group in rest), Decimal(0))
    part = f" · {show.share(float(value / whole))}" if whole else ""
    reads = f"{measure.reads(value)}{part}"
    label = f"{FOLDED} ({len(rest)})"
    return [*rows[: -len(rest)], _Row("", label, float(value), reads, OTHER, f"<b>{label}</b><br>{reads}")]


def _timed(groups: Sequence[Group]) -> list[Group]:
    timed = [group for group in groups if group.totals.p50_latency_ms is not None]
    return sorted(timed, key=lambda group: (-group.totals.runs, group.key))


def _latency_row(group: Group, name: str, colour: str) -> _Row:
    totals = group.totals
    median, slow = show.duration(totals.p50_latency_ms), show.duration(totals.p95_latency_ms)
    first_word = f"<br>First word, median: {show.duration(totals.p50_ttft_ms)}" if totals.p50_ttft_ms else ""
    hover = f"<b>{escape(name)}</b><br>Median: {median}<br>95 of 100 within: {slow}{first_word}"
    return _Row(group.key, name, _seconds(totals.p95_latency_ms), f"{median} · {slow}", colour, hover)


def _seconds(milliseconds: float | None) -> float:
    return (milliseconds or 0) / 1000


def _bar_colour(key: str, colours: Mapping[str, str] | None) -> str:
    return ACCENT if colours is None else colours.get(key) or model_colour(key)
