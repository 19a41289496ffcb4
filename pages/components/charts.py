"""Charts over time, as pure functions: from figures of the domain to a Plotly figure, and to the sentence for it.

Nothing of Streamlit here. Backgrounds are transparent and text takes the page's colour, so that a figure fits light and
dark; whatever people or providers wrote is escaped, since Plotly reads some HTML.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from core.domain.palette import OTHER, model_colour
from core.domain.spend import Slice
from pages.components.measure import Measure, chart_label, in_text_colour

SHOWN = 8
FOLDED = "Other"
HEIGHT = 378

Namer = Callable[[str], str]

QUIET: dict[str, Any] = {
    "dragmode": False,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hoverlabel": {"namelength": -1},
}
"""The layout that all charts share: no toolbar's gestures, the page's own background."""


def by_day(
    spend: Sequence[Slice],
    first: date,
    last: date,
    today: date,
    *,
    measure: Measure = Measure.COST,
    colours: Mapping[str, str] | None = None,
    named: Namer = str,
) -> go.Figure:
    """Draw a bar for each local day from `first` to `last`, stacked by model; `today`, unfinished, is hatched.

    It has no legend: the ranking of the models, in the same colours, stands beside it.
    """
    calendar = [first + timedelta(number) for number in range((last - first).days + 1)]
    stacks = _stacks(spend, measure)
    hatch = ["/" if day == today else "" for day in calendar]
    bars = [
        _stack(calendar, values, _name(model_id, named), _colour(model_id, colours or {}), hatch, measure)
        for model_id, values in stacks
    ]
    totals = [sum((values[day] for _, values in stacks), Decimal(0)) for day in calendar]
    return go.Figure([*bars, _total(calendar, totals, measure)], _by_day_layout(calendar, float(max(totals)), measure))


def day_of(point: Mapping[str, Any]) -> date:
    """Return the day that was clicked in `by_day`."""
    return date.fromisoformat(str(point["x"])[:10])


def by_day_alt(spend: Sequence[Slice], first: date, last: date, measure: Measure = Measure.COST) -> str:
    """Return the sentence that stands for `by_day`: the sum, its largest day and its largest model."""
    title = f"{measure} by day and model, {_day(first)} to {_day(last)}"
    stacks = _stacks(spend, measure)
    if not stacks:
        return f"{title}: nothing"
    days: dict[date, Decimal] = defaultdict(Decimal)
    for one in spend:
        days[one.day] += measure.of(one)
    top = max(days, key=lambda day: days[day])
    model_id, values = stacks[0]
    return (
        f"{title}: {measure.reads(sum(days.values(), Decimal(0)))} in all, most on {_day(top)} "
        f"({measure.reads(days[top])}) and for {model_id} ({measure.reads(sum(values.values(), Decimal(0)))})"
    )


def places(number: int) -> int:
    """Return how many of `number` stand for themselves: eight, or nine where else one alone would be folded."""
    return SHOWN if number > SHOWN + 1 else number


def _stacks(spend: Sequence[Slice], measure: Measure) -> list[tuple[str, dict[date, Decimal]]]:
    """Each model's values by day, the largest model first, the smallest summed as `Other`."""
    by_model: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in spend:
        by_model[one.key][one.day] += measure.of(one)
    ranked = sorted(by_model.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    ranked = [(model_id, values) for model_id, values in ranked if any(values.values())]
    place = places(len(ranked))
    shown, rest = ranked[:place], ranked[place:]
    folded: dict[date, Decimal] = defaultdict(Decimal)
    for _, values in rest:
        for day, value in values.items():
            folded[day] += value
    return [*shown, (FOLDED, folded)] if rest else shown


def _stack(
    calendar: Sequence[date],
    values: Mapping[date, Decimal],
    name: str,
    colour: str,
    hatch: Sequence[str],
    measure: Measure,
) -> dict[str, Any]:
    amounts = [values.get(day) or None for day in calendar]
    return {
        "type": "bar",
        "x": calendar,
        "y": [None if amount is None else float(amount) for amount in amounts],
        "customdata": ["" if amount is None else measure.reads(amount) for amount in amounts],
        "name": chart_label(name),
        "marker": {
            "color": colour,
            "line": {"width": 0},
            "pattern": {"shape": hatch, "fillmode": "replace", "size": 5},
        },
        "hovertemplate": "%{customdata}",
    }


def _total(calendar: Sequence[date], totals: Sequence[Decimal], measure: Measure) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": calendar,
        "y": [float(total) for total in totals],
        "customdata": [measure.reads(total) for total in totals],
        "name": "<b>Total</b>",
        "mode": "markers",
        "marker": {"opacity": 0, "color": OTHER},
        "hovertemplate": "<b>%{customdata}</b>",
    }


def _by_day_layout(calendar: Sequence[date], highest: float, measure: Measure) -> dict[str, Any]:
    step = max(1, -(-len(calendar) // 6))
    half = timedelta(hours=12)
    ends = [datetime.combine(calendar[0], time()) - half, datetime.combine(calendar[-1], time()) + half]
    before, after = in_text_colour("|").split("|")
    return {
        **QUIET,
        "barmode": "stack",
        "bargap": 0.18,
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        "hovermode": "x unified",
        "showlegend": False,
        "xaxis": {
            "type": "date",
            "range": ends,
            "dtick": step * 86_400_000,
            "tickformat": in_text_colour("%-d %b"),
            "hoverformat": "%A, %-d %b %Y",
            "showgrid": False,
            "fixedrange": True,
            "title": None,
        },
        "yaxis": {
            "range": [0, highest * 1.04 or 1],
            "tickprefix": f"{before}{'$' if measure is Measure.COST else ''}",
            "ticksuffix": after,
            "nticks": 5,
            "fixedrange": True,
            "title": None,
            "automargin": True,
        },
    }


def _colour(model_id: str, colours: Mapping[str, str]) -> str:
    return OTHER if model_id == FOLDED else colours.get(model_id) or model_colour(model_id)


def _name(model_id: str, named: Namer) -> str:
    return FOLDED if model_id == FOLDED else named(model_id)


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
