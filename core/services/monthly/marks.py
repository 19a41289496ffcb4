"""The simple marks that charts are drawn with. Points of 1/72 inch, from the left and from the top."""

from dataclasses import dataclass
from typing import Literal

from core.services.monthly.lettering import REGULAR

INK, GREY, RULE = "#0F1720", "#5B6670", "#DDE3E8"
"""The colours of text, of quiet text, and of thin lines."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text. `x` is where it begins, has its middle or ends; `y` its base line."""

    x: float
    y: float
    text: str
    size: float
    colour: str = INK
    anchor: Literal["start", "middle", "end"] = "start"
    font: str = REGULAR


Mark = Box | Line | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks on a plane, the first at the back, and the sentence that stands for them."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    alt: str
