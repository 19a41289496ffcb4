"""Drawings as SVG, to stand in a page. Every text is escaped; nothing in it runs, and nothing is fetched."""

from html import escape
from typing import assert_never

from core.services.monthly.lettering import WEIGHTS
from core.services.monthly.marks import Box, Drawing, Line, Mark, Words


def svg(drawing: Drawing) -> str:
    """Return a drawing as an element, as wide as it is, that scales with its place."""
    size = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}"'
    marks = "".join(map(_mark, drawing.marks))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(drawing.alt)}">{marks}</svg>'


def _mark(mark: Mark) -> str:
    match mark:
        case Box():
            opacity = f' opacity="{_n(mark.opacity)}"' if mark.opacity < 1 else ""
            place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
            return f'<rect {place} fill="{mark.colour}"{opacity}/>'
        case Line():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
            dots = ' stroke-dasharray="1.5 2.5"' if mark.dotted else ""
            pen = f'stroke="{mark.colour}" stroke-width="{_n(mark.width)}" stroke-linejoin="round"{dots}'
            return f'<polyline points="{points}" fill="none" {pen}/>'
        case Words():
            font = f'font-size="{_n(mark.size)}" font-weight="{WEIGHTS[mark.font]}" text-anchor="{mark.anchor}"'
            place = f'x="{_n(mark.x)}" y="{_n(mark.y)}"'
            return f'<text {place} {font} fill="{mark.colour}">{escape(mark.text)}</text>'
    assert_never(mark)


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
