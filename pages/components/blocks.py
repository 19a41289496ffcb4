"""Cuts Markdown into its top-level blocks while it streams, so that a finished block need never be sent again.

A block ends at a blank line, unless the blank line stands inside a code fence, or the next line still belongs to the
block: it is indented, or it is the next item of a list. To tell, the cutter holds back the first characters of a line
while they could still become a list marker or a fence, and nothing else. See CommonMark 0.31, sections 4.5 and 5.3.

Small blocks stay together until they are worth an element of their own on the page.
"""

import re

_UNDECIDED = re.compile(r"[ \t]*(?:\d{1,9}|`+|~+|[-*+])?")
_LIST_ITEM = re.compile(r"[ \t]*(?:\d{1,9}[.)]|[-*+])(?:[ \t]|$)")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^\n]*)")


WORTH_AN_ELEMENT = 400
"""Characters from which on a block stands by itself."""


class BlockCutter:
    """Takes text in any pieces. What `feed` and `flush` return continues the open block with its first string;
    each further string opens a new block. All strings together are the text, unchanged."""

    def __init__(self, smallest: int = WORTH_AN_ELEMENT) -> None:
        self._smallest = smallest
        self._length = 0
        self._held = ""
        self._at_line_start = True
        self._after_blank = False
        self._in_list = False
        self._fence: str | None = None

    def feed(self, text: str) -> list[str]:
        """Take a piece of text and return what can be shown of it."""
        self._held += text
        blocks = [""]
        while self._held and not (self._at_line_start and self._undecided()):
            self._take_line(blocks)
        return blocks

    def flush(self) -> list[str]:
        """Return what was held back; the text is complete."""
        blocks = [""]
        while self._held:
            self._take_line(blocks)
        return blocks

    def _undecided(self) -> bool:
        return "\n" not in self._held and _UNDECIDED.fullmatch(self._held) is not None

    def _take_line(self, blocks: list[str]) -> None:
        """Move the rest of the current line, as far as it is there, to the open block, or to a new one."""
        line, newline, self._held = self._held.partition("\n")
        if self._at_line_start and self._opens_block(line):
            blocks.append("")
            self._length = 0
        blocks[-1] += line + newline
        self._length += len(line + newline)
        self._at_line_start = bool(newline)

    def _opens_block(self, line: str) -> bool:
        if not line.strip():
            self._after_blank = self._fence is None
            return False
        item = self._fence is None and _LIST_ITEM.match(line) is not None
        belongs = line[0] in " \t" or (item and self._in_list)
        ends_one = self._after_blank and self._fence is None and not belongs
        self._in_list = item or (self._in_list and not ends_one)
        self._after_blank = False
        self._note_fence(line)
        return ends_one and self._length >= self._smallest

    def _note_fence(self, line: str) -> None:
        found = _FENCE.match(line)
        if not found:
            return
        marks, rest = found.groups()
        if self._fence is None:
            self._fence = marks
        elif marks.startswith(self._fence) and not rest.strip():
            self._fence = None


def split_blocks(text: str, smallest: int = WORTH_AN_ELEMENT) -> list[str]:
    """Return the top-level blocks of a complete text; joined they are the text."""
    cutter = BlockCutter(smallest)
    shown, rest = cutter.feed(text), cutter.flush()
    return [*shown[:-1], shown[-1] + rest[0], *rest[1:]]
