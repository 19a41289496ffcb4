"""The letters of a report: one family in two weights, the same on the page and in print, and how wide they run.

Widths are in points, of text set in one line. A letter that the family lacks is as wide as it is high: a reader's own
font stands in on the page, and `□` in print.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path
from unicodedata import category

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FAMILY = "Lab Sans"
REGULAR, SEMIBOLD = "LabSans-Regular", "LabSans-Semibold"
WEIGHTS = {REGULAR: 400, SEMIBOLD: 600}
LACKING = "□"

FOLDER = Path(__file__).with_name("fonts")
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@cache
def face(name: str) -> TTFont:
    """Return a weight of the family, known to `reportlab` under its name."""
    found = TTFont(name, FOLDER / f"{name}.ttf")
    pdfmetrics.registerFont(found)
    return found


@cache
def embedded(name: str) -> str:
    """Return a weight of the family as a `data:` address for a page."""
    return f"data:font/woff2;base64,{b64encode((FOLDER / f'{name}.woff2').read_bytes()).decode()}"


def visible(text: str) -> str:
    """Return `text` on one line, with a sign in the place of every letter that cannot be seen or turns others round."""
    return "".join(_REPLACED if category(one)[0] == "C" else one for one in " ".join(text.split()))


def legible(text: str, name: str = REGULAR) -> str:
    """Return `text` with `□` in the place of every letter that the family lacks."""
    known = face(name).face.charToGlyph
    return "".join(one if ord(one) in known else LACKING for one in text)


def width(text: str, size: float, name: str = REGULAR) -> float:
    """Return how wide `text` runs."""
    known, widths = face(name).face.charToGlyph, face(name).face.charWidths
    return size * sum(widths[ord(one)] / 1000 if ord(one) in known else 1 for one in text)


def fitted(text: str, room: float, size: float, name: str = REGULAR) -> str:
    """Return as much of `text` as there is room for, cut with `…`."""
    if width(text, size, name) <= room:
        return text
    kept = text[: int(room / size * 5)]  # no letter is narrower than a fifth of its height
    while kept and width(f"{kept}…", size, name) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrapped(text: str, room: float, size: float, name: str = REGULAR) -> list[str]:
    """Return `text` broken between its words into lines for which there is room."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size, name) > room:
            lines.append(fitted(word, room, size, name))
        else:
            lines[-1] = fitted(longer, room, size, name)
    return lines
