"""At which hours of the week it was spent, as a pure function like those of `charts`.

Its colours are the theme's own for what grows, so that they rise from the page in light and in dark.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from core.domain.spend import HourOfWeek
from pages.components import format as show
from pages.components.charts import QUIET
from pages.components.measure import in_text_colour

HEIGHT = 224
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = range(24)


def heat_map(hours: Sequence[HourOfWeek]) -> go.Figure:
    """Draw the cost of each hour of the week, Monday at the top; hours without runs are left open."""
    told = {(one.weekday, one.hour): one for one in hours}
    rows = [[told.get((weekday, hour)) for hour in HOURS] for weekday in range(7)]
    whole = sum((one.cost for one in hours), Decimal(0))
    cells: dict[str, Any] = {
        "type": "heatmap",
        "z": [[one and float(one.cost) for one in row] for row in rows],
        "customdata": [[_told(one, whole) if one else "" for one in row] for row in rows],
        "zmin": 0,
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    return go.Figure([cells], _layout())


def heat_map_alt(hours: Sequence[HourOfWeek]) -> str:
    """Return the sentence that stands for `heat_map`: its dearest hour."""
    return f"Cost by hour of the week: {dearest(hours)}"


def dearest(hours: Sequence[HourOfWeek]) -> str:
    """Return which hour of the week cost most, in words."""
    top = max(hours, key=lambda one: one.cost, default=None)
    return f"at most {show.money(top.cost)}, on {_hour(top)}" if top else "nothing"


def _told(one: HourOfWeek, whole: Decimal) -> str:
    part = f" · {show.share(float(one.cost / whole))}" if whole else ""
    return f"{_hour(one)}<br><b>{show.money_exact(one.cost)}</b>{part}<br>{show.runs(one.runs)}"


def _hour(one: HourOfWeek) -> str:
    return f"{WEEKDAYS[one.weekday]}s from {one.hour:02d}:00 to {one.hour + 1:02d}:00"


def _layout() -> dict[str, Any]:
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "fixedrange": True, "title": None, "ticks": ""}
    clock = [hour for hour in HOURS if hour % 6 == 0]
    return {
        **QUIET,
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 4, "b": 0},
        "xaxis": {**axis, "tickvals": clock, "ticktext": [in_text_colour(f"{hour:02d}:00") for hour in clock]},
        "yaxis": {
            **axis,
            "autorange": "reversed",
            "tickvals": list(range(7)),
            "ticktext": [in_text_colour(name[:3]) for name in WEEKDAYS],
        },
    }
