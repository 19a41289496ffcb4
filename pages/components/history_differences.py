"""What differs between two texts, word by word, and how it is shown: a coloured ground on text that stays text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from pages.components.format import literal

LONGEST = 10_000
"""The most characters of a text that are compared: beyond, both the work and the page would grow too long."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_SPACES = re.compile(r" (?= )|(?<= ) ")
_NARROW, _TAB = "\u00a0", "    "


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that either stands in the other text too, or does not."""

    text: str
    differs: bool


def differences(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces, which put together are the first `LONGEST` characters of each.

    Spaces between two words that differ are a part of the difference, though both texts have them.
    """
    before, after = (_WORDS.findall(text[:LONGEST]) for text in (left, right))
    parts = SequenceMatcher(None, before, after).get_opcodes()
    lefts = [Piece("".join(before[start:end]), kind != "equal") for kind, start, end, _, _ in parts]
    rights = [Piece("".join(after[start:end]), kind != "equal") for kind, _, _, start, end in parts]
    return _merged(lefts), _merged(rights)


def marked(pieces: Iterable[Piece], colour: Literal["red", "green"]) -> str:
    """Return the pieces as Markdown that shows them as they stand, what differs on a ground of that colour."""
    return "".join(_marked(piece, colour) for piece in pieces)


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Put neighbours together that are alike, once the spaces inside of a difference are a part of it."""
    last = len(pieces) - 1
    alike = [
        Piece(piece.text, piece.differs or (piece.text.isspace() and 0 < number < last))
        for number, piece in enumerate(pieces)
    ]
    groups = groupby((piece for piece in alike if piece.text), lambda piece: piece.differs)
    return [Piece("".join(piece.text for piece in group), differs) for differs, group in groups]


def _marked(piece: Piece, colour: str) -> str:
    lines = [_SPACES.sub(_NARROW, line) for line in piece.text.replace("\t", _TAB).splitlines() or [""]]
    if piece.text[-1] in "\r\n":
        lines.append("")
    return "  \n".join(_ground(line, colour) if piece.differs and line else literal(line) for line in lines)


def _ground(line: str, colour: str) -> str:
    return f":{colour}-background[{literal(_NARROW if line.isspace() else line)}]"
