"""Charts that rank models, providers, people, kinds of error, as pure functions like those of `charts`.

A name and a figure stand above each bar, so that a chart fits any width and needs no legend.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from typing import Any

import plotly.graph_objects as go

from core.domain.palette import OTHER
from core.domain.spend import OTHERS, Group
from pages.components import format as show
from pages.components.charts import QUIET
from pages.components.looks import FOLDED, Look
from pages.components.measure import Measure, chart_label, fault_name, in_text_colour

SHOWN = 8
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


def places(number: int) -> int:
    """Return how many of `number` stand for themselves: eight, or nine where else one alone would be folded."""
    return SHOWN if number > SHOWN + 1 else number


def bars(groups: Sequence[Group], look: Look, measure: Measure = Measure.COST) -> go.Figure:
    """Draw a horizontal bar for each group, largest first, the smallest folded into one where there are many.

    A group under `OTHERS` is what has no key of its own.
    """
    ranked = _ranked(groups, measure)
    whole = sum((measure.of(group.totals) for group in groups), Decimal(0))
    rows = [_bar(group, look, measure, whole) for group in ranked]
    folded = _folded(rows, ranked, measure, whole)
    return _figure(folded, _bars(folded))


def bars_alt(groups: Sequence[Group], look: Look, measure: Measure = Measure.COST) -> str:
    """Return the sentence that stands for `bars`: the three largest."""
    ranked = _ranked(groups, measure)[:3]
    top = [f"{look.ranked(group.key)} {measure.reads(measure.of(group.totals))}" for group in ranked]
    return f"{measure} by {look.noun}: {', '.join(top) or 'nothing'}"


def latency(groups: Sequence[Group], look: Look) -> go.Figure:
    """Draw each model's median and, paler, its 95th percentile, in seconds; the most used models first."""
    ranked = _timed(groups)[:SHOWN]
    rows = [_latency_row(group, look) for group in ranked]
    medians = [
        replace(row, value=_seconds(group.totals.p50_latency_ms)) for group, row in zip(ranked, rows, strict=True)
    ]
    return _figure(rows, _bars(rows, opacity=0.3), _bars(medians))


def latency_alt(groups: Sequence[Group], look: Look) -> str:
    """Return the sentence that stands for `latency`."""
    told = [
        f"{look.ranked(group.key)} {show.duration(group.totals.p50_latency_ms)}, "
        f"{show.duration(group.totals.p95_latency_ms)}"
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
        "customdata": [[None, row.key, row.hover] for row in rows],
        "unselected": {"marker": {"opacity": opacity}},
        "hovertemplate": "%{customdata[2]}<extra></extra>",
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
        "xaxis": {"range": [0, longest], "visible": False, "fixedrange": True},
        "yaxis": {"range": [max(rows, 1) - 0.75, -0.6], "visible": False, "fixedrange": True},
    }


def _ranked(groups: Sequence[Group], measure: Measure) -> list[Group]:
    return sorted(groups, key=lambda group: (-measure.of(group.totals), -group.totals.runs, group.key))


def _bar(group: Group, look: Look, measure: Measure, whole: Decimal) -> _Row:
    totals = group.totals
    value = measure.of(totals)
    part = f" · {show.share(float(value / whole))}" if whole else ""
    name = look.ranked(group.key)
    told = f"<b>{escape(name)}</b><br>{show.money_exact(totals.cost)} · {show.runs(totals.runs)}"
    hover = f"{told}<br>{show.count(totals.total_tokens)} tokens · {show.share(totals.error_rate)} failed"
    return _Row(group.key, name, float(value), f"{measure.reads(value)}{part}", look.colour(group.key), hover)


def _folded(rows: list[_Row], ranked: Sequence[Group], measure: Measure, whole: Decimal) -> list[_Row]:
    rest = ranked[places(len(ranked)) :]
    if not rest:
        return rows
    value = sum((measure.of(group.totals) for group in rest), Decimal(0))
    part = f" · {show.share(float(value / whole))}" if whole else ""
    reads = f"{measure.reads(value)}{part}"
    label = f"{FOLDED} ({len(rest)})"
    return [*rows[: -len(rest)], _Row(OTHERS, label, float(value), reads, OTHER, f"<b>{label}</b><br>{reads}")]


def _timed(groups: Sequence[Group]) -> list[Group]:
    timed = [group for group in groups if group.totals.p50_latency_ms is not None]
    return sorted(timed, key=lambda group: (-group.totals.runs, group.key))


def _latency_row(group: Group, look: Look) -> _Row:
    totals, name = group.totals, look.ranked(group.key)
    median, slow = show.duration(totals.p50_latency_ms), show.duration(totals.p95_latency_ms)
    told = [f"<b>{escape(name)}</b>", f"Half within {median}", f"95 of 100 within {slow}"]
    told.append(f"99 of 100 within {show.duration(totals.p99_latency_ms)}")
    if totals.p50_ttft_ms is not None:
        first, late = show.duration(totals.p50_ttft_ms), show.duration(totals.p95_ttft_ms)
        told.append(f"First word: half within {first}, 95 of 100 within {late}")
    colour, value = look.colour(group.key), _seconds(totals.p95_latency_ms)
    return _Row(group.key, name, value, f"{median} · {slow}", colour, "<br>".join(told))


def _seconds(milliseconds: float | None) -> float:
    return (milliseconds or 0) / 1000
