"""A figure beside its peer's, its bound and whether it holds; and all of them as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What was measured, and what its peer or the physical limit came to in the same run.

    The bound is `under` or `over` so much, in the figure's unit, or `times` the peer at most; without one it only
    informs.
    """

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    times: float | None = None
    under: float | None = None
    over: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the peer's value it is."""
        return self.value / self.peer_value if self.peer_value else float("inf")

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.under is not None:
            return f"under {self.under:g} {self.unit}"
        if self.over is not None:
            return f"at least {self.over:g} {self.unit}"
        if self.times is None:
            return "–"
        return f"at most {self.times:g} ×" if self.times >= 1 else f"at least {1 / self.times:g} × less"

    @property
    def holds(self) -> bool | None:
        """Whether the bound holds; None if there is none."""
        if self.under is not None:
            return self.value < self.under
        if self.over is not None:
            return self.value >= self.over
        return None if self.times is None else self.ratio <= self.times

    def row(self) -> dict[str, Any]:
        """Return it as it is written down."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "peer": self.peer,
            "peer_value": round(self.peer_value, 3),
            "ratio": round(self.ratio, 3),
            "bound": self.bound,
            "holds": self.holds,
        }


HEADS = ("figure", "ours", "beside it", "", "ratio", "bound", "holds")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of aligned columns."""
    rows = [HEADS, *map(_cells, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        _number(figure.value, figure.unit),
        figure.peer,
        _number(figure.peer_value, figure.unit),
        f"{figure.ratio:.2f}",
        figure.bound,
        {True: "yes", False: "NO", None: ""}[figure.holds],
    )


def _number(value: float, unit: str) -> str:
    return f"{value:,.{max(0, 3 - len(f'{abs(value):.0f}'))}f} {unit}"
