"""The charts of a report as marks: each is described once, and looks the same on the page and in print."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import accumulate
from math import ceil, floor, log10

from core.services.monthly.lettering import SEMIBOLD, fitted, width
from core.services.monthly.marks import GREY, INK, RULE, Box, Drawing, Line, Mark, Words
from core.services.monthly.sheet import Bar, Columns, Curve, Curves, Ranking, Strip

SMALL = 7.5
ROW = 16.0
"""How high a row of a ranking is: a line of text, and its bar."""

BAR, LEGEND = 3.5, 9.5
TICKS = 4
PALE, UNFINISHED = 0.3, 0.45
"""How opaque a bar's paler part is, and a day that is not over."""


def columns(chart: Columns, wide: float, high: float) -> Drawing:
    """Draw a column for each day, stacked; a day that is not over is paler."""
    heights = [sum(stack.values[number] for stack in chart.stacks) for number in range(len(chart.days))]
    axis = _Axis(max(heights), chart.prefix, wide, high)
    place = (wide - axis.left) / len(chart.days)
    marks: list[Mark] = [*axis.marks()]
    for number, day in enumerate(chart.days):
        x = axis.left + place * number
        opacity = UNFINISHED if day == chart.unfinished else 1.0
        marks += _column(chart, number, axis, x + place * 0.1, place * 0.8, opacity)
        marks += _day_label(day, x + place / 2, high)
    return Drawing(wide, high, tuple(marks), chart.alt)


def curves(chart: Curves, wide: float, high: float) -> Drawing:
    """Draw how two months came together, day for day, each named in its colour."""
    highest = max(max(curve.values) for curve in chart.curves)
    axis = _Axis(highest, chart.prefix, wide, high, top=2 * LEGEND)
    step = (wide - axis.left) / 31
    marks: list[Mark] = [*axis.marks()]
    for curve in reversed(chart.curves):
        marks += _curve(curve, axis, step)
    for day in (1, 10, 20, 30):
        marks.append(Words(axis.left + step * (day - 0.5), high - 1, str(day), SMALL, GREY, "middle"))
    for number, (colour, name) in enumerate(_legend(chart.curves)):
        told = fitted(name, wide, SMALL, SEMIBOLD)
        marks.append(Words(0, SMALL + LEGEND * number, told, SMALL, colour, "start", SEMIBOLD))
    return Drawing(wide, high, tuple(marks), chart.alt)


def ranking(chart: Ranking, wide: float, high: float) -> Drawing:
    """Draw a bar for each row, under its name and its figure."""
    marks: list[Mark] = []
    for number, bar in enumerate(chart.bars):
        marks += _row(bar, ROW * number, wide)
    if not chart.bars:
        marks.append(Words(0, SMALL + 1, chart.nothing, SMALL, GREY))
    return Drawing(wide, high, tuple(marks), chart.alt)


def strip(chart: Strip, wide: float, high: float) -> Drawing:
    """Draw one bar in parts, and under it what each of them is."""
    ends = [wide * end for end in accumulate((part.length for part in chart.parts), initial=0.0)]
    marks: list[Mark] = [
        Box(start, 0, part.length * wide, 5, part.colour)
        for start, part in zip(ends, chart.parts, strict=False)
        if part.length
    ]
    room = wide / len(chart.parts)
    for number, part in enumerate(chart.parts):
        x = room * number
        marks += [
            Box(x, 10.5, 6, 6, part.colour),
            Words(x + 10, 16.5, fitted(part.name, room - 14, SMALL), SMALL, GREY),
            Words(x + 10, 26.5, fitted(part.reads, room - 14, SMALL, SEMIBOLD), SMALL, INK, "start", SEMIBOLD),
        ]
    return Drawing(wide, high, tuple(marks), chart.alt)


class _Axis:
    """A vertical axis from 0 with round numbers, its labels at the left and its thin lines."""

    def __init__(self, highest: float, prefix: str, wide: float, high: float, top: float = 0) -> None:
        self._step = round_step(highest / TICKS) if highest > 0 else 1.0
        self._count = max(ceil(highest / self._step - 1e-9), 1)
        ticks = [self._step * tick for tick in range(self._count + 1)]
        self._labels = [f"{prefix}{_number(value, self._step, ticks[-1])}" for value in ticks]
        self._top, self._foot, self._wide = top + SMALL / 2 + 1, high - SMALL - 4, wide
        self.left = max(width(label, SMALL) for label in self._labels) + 6

    def y(self, value: float) -> float:
        """Return how far down a value lies."""
        return self._foot - value / (self._step * self._count) * (self._foot - self._top)

    def marks(self) -> Iterator[Mark]:
        """Yield its lines and labels."""
        for tick, label in enumerate(self._labels):
            y = self.y(self._step * tick)
            yield Line(((self.left, y), (self._wide, y)), RULE, 0.5)
            yield Words(self.left - 6, y + SMALL / 3, label, SMALL, GREY, "end")


def round_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is `least`, which is above 0, or more."""
    power = 10.0 ** floor(log10(least))
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= least * (1 - 1e-9))


def _number(value: float, step: float, top: float) -> str:
    if value == 0:
        return "0"
    digits = max(0, -floor(log10(step) + 1e-9)) if step < 1 else 0
    digits += round(step / 10 ** floor(log10(step) + 1e-9), 6) == 2.5 and step < 10
    if top >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if top >= 10_000 else f"{value:,.{digits}f}"


def _column(chart: Columns, number: int, axis: _Axis, x: float, wide: float, opacity: float) -> Iterator[Mark]:
    bounds = list(accumulate((stack.values[number] for stack in chart.stacks), initial=0.0))
    for stack, low, up in zip(chart.stacks, bounds, bounds[1:], strict=False):
        if up > low:
            yield Box(x, axis.y(up), wide, axis.y(low) - axis.y(up), stack.colour, opacity)


def _day_label(day: date, x: float, high: float) -> Iterator[Mark]:
    if day.day == 1 or day.day % 5 == 0:
        yield Words(x, high - 1, str(day.day), SMALL, GREY, "middle")


def _legend(curves: Sequence[Curve]) -> list[tuple[str, str]]:
    """The names by colour: what is expected of a month stands beside what it has come to."""
    names: dict[str, list[str]] = {}
    for curve in curves:
        names.setdefault(curve.colour, []).append(curve.name)
    return [(colour, ", ".join(told)) for colour, told in names.items()]


def _curve(curve: Curve, axis: _Axis, step: float) -> Iterator[Mark]:
    days = enumerate(curve.values, curve.first)
    points = [(axis.left + step * (day - 0.5), axis.y(value)) for day, value in days]
    if len(points) == 1:
        points = [(points[0][0] - 1, points[0][1]), *points]
    yield Line(tuple(points), curve.colour, 1.5, curve.dotted)


def _row(bar: Bar, y: float, wide: float) -> Sequence[Mark]:
    reads = fitted(bar.reads, wide * 0.7, SMALL)
    room = wide - width(reads, SMALL) - 6
    return [
        Words(0, y + SMALL, fitted(bar.name, room, SMALL), SMALL),
        Words(wide, y + SMALL, reads, SMALL, GREY, "end"),
        *([Box(0, y + SMALL + 2.5, wide * bar.pale, BAR, bar.colour, PALE)] if bar.pale else []),
        Box(0, y + SMALL + 2.5, max(wide * bar.length, 0.5), BAR, bar.colour),
    ]
