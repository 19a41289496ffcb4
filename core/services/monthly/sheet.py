"""What a monthly report says, as plain values: words and figures that are ready to be set, lengths from 0 to 1.

Every text in it is visible as it stands: what people or providers wrote has lost its control characters, and nothing
else. Whoever sets it escapes it.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure; how it changed, if that can be said; and what it was before, or is beside."""

    label: str
    value: str
    change: str
    beside: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a ranking. `pale` is how far a paler bar goes on behind it."""

    name: str
    reads: str
    length: float
    colour: str
    pale: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bars, the longest first. `nothing` is what stands there without any."""

    title: str
    bars: tuple[Bar, ...]
    nothing: str = "Nothing"

    @property
    def alt(self) -> str:
        """The sentence that stands for it."""
        told = "; ".join(f"{bar.name} {bar.reads}" for bar in self.bars)
        return f"{self.title}: {told or self.nothing}"


@dataclass(frozen=True, slots=True)
class Stack:
    """The values of one model on each day of the month."""

    name: str
    colour: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """A column for each of `days`, the first stack at its foot. On `unfinished`, the day is not over."""

    title: str
    days: tuple[date, ...]
    stacks: tuple[Stack, ...]
    unfinished: date | None
    prefix: str
    alt: str


@dataclass(frozen=True, slots=True)
class Curve:
    """What had come together by the end of each day of a month. `dotted` goes on from where the one before ends."""

    name: str
    colour: str
    values: tuple[float, ...]
    first: int = 1
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Curves:
    """Months side by side, day for day."""

    title: str
    curves: tuple[Curve, ...]
    prefix: str

    @property
    def alt(self) -> str:
        """The sentence that stands for it."""
        return f"{self.title}: {'; '.join(curve.name for curve in self.curves)}"


@dataclass(frozen=True, slots=True)
class Strip:
    """One whole in parts, whose lengths come to 1, and what is to be said of the rest."""

    title: str
    parts: tuple[Bar, ...]

    @property
    def alt(self) -> str:
        """The sentence that stands for it."""
        return f"{self.title}: {'; '.join(f'{part.name} {part.reads}' for part in self.parts)}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, with the colour of its model if it is one's."""

    cells: tuple[str, ...]
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The exact figures. The first `words` columns are names, the others figures; `total` is the last row."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    words: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a month in which something was run."""

    headlines: tuple[Headline, ...]
    notes: tuple[str, ...]
    columns: Columns
    models: Ranking
    strip: Strip
    panels: tuple[Ranking | Curves, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page. `figures` is None for a month without runs, of which `subtitle` and `empty` tell."""

    title: str
    whose: str
    subtitle: str
    figures: Figures | None
    empty: str
    foot: tuple[str, ...]
