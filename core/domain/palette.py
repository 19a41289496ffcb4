"""One colour for each model, the same in every chart, on every page, in light and dark.

The colours are Okabe and Ito's (https://jfly.uni-koeln.de/color) and Paul Tol's (https://personal.sron.nl/~pault),
chosen so that they stay apart for colour-blind readers and stand 3:1 against white and near-black alike; the second
eight, which serve when the first are taken, somewhat less.

The assignment is a hash table with open addressing: a model's name points at its colour, and where an earlier model
holds that one already it takes the next that is free. So a model keeps its colour as long as those before it in the
catalogue stay: give the catalogue in an order that only grows at its end.
"""

from collections.abc import Iterable
from zlib import crc32

FIRST = ("#0072B2", "#D55E00", "#117733", "#CC79A7", "#6699CC", "#AA3377", "#009E73", "#EE6677")
SECOND = ("#E69F00", "#999933", "#994455", "#33BBEE", "#CC3311", "#EE99AA", "#882255", "#228833")
PALETTE = FIRST + SECOND

OTHER = "#8A9099"
"""Whatever is folded together or has no colour of its own."""


def model_colour(model_id: str) -> str:
    """Return the colour that a model's name points at."""
    return FIRST[_hash(model_id) % len(FIRST)]


def model_colours(catalogue: Iterable[str]) -> dict[str, str]:
    """Return a colour for each model of `catalogue`, all different until the palette is used up."""
    colours: dict[str, str] = {}
    free: list[str] = []
    for model_id in dict.fromkeys(catalogue):
        free = free or list(PALETTE)
        colours[model_id] = next(colour for colour in _preference(model_id) if colour in free)
        free.remove(colours[model_id])
    return colours


def _preference(model_id: str) -> tuple[str, ...]:
    return _rotated(FIRST, _hash(model_id)) + _rotated(SECOND, _hash(model_id))


def _rotated(colours: tuple[str, ...], by: int) -> tuple[str, ...]:
    start = by % len(colours)
    return colours[start:] + colours[:start]


def _hash(model_id: str) -> int:
    return crc32(model_id.encode("utf-8", "replace"))
