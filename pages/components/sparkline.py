"""A course of values as a small picture, in a grey that light and dark pages bear alike."""

from collections.abc import Sequence

from core.domain.palette import OTHER

WIDTH, HEIGHT, EDGE = 160, 40, 2


def sparkline(values: Sequence[float]) -> str:
    """Return an SVG of `values` from left to right, from nought at the foot to the highest at the top."""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(values))
    area = f"{EDGE},{HEIGHT - EDGE} {line} {WIDTH - EDGE},{HEIGHT - EDGE}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<polygon points="{area}" fill="{OTHER}" fill-opacity="0.15"/>'
        f'<polyline points="{line}" fill="none" stroke="{OTHER}" stroke-width="1.5" stroke-linejoin="round"/></svg>'
    )


def _points(values: Sequence[float]) -> list[tuple[float, float]]:
    highest = max(values) or 1
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    foot, room = HEIGHT - EDGE, HEIGHT - 2 * EDGE
    return [(EDGE + number * step, foot - value / highest * room) for number, value in enumerate(values)]
