"""Draws a run while it goes on: reasoning and finished Markdown blocks once, only the open block again and again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from time import monotonic

import streamlit as st

from core.domain.events import Delta, ReasoningDelta
from core.services.runs import LiveRun
from pages.components.blocks import BlockCutter
from pages.components.format import literal

SHORTEST_PAUSE_S = 0.08
LONGEST_PAUSE_S = 0.8
CHARACTERS_AT_SHORTEST = 1000
FOOT_PX = (((68, 21), (74, 37), (151, 21)), ((76, 37), (44, 37), (104, 37), (164, 37)))
"""What the foot of the answer will take: its two rows, figures and next steps, with the width and height of each."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece to show. `opens` tells that it begins a new block, or a new kind of text."""

    text: str
    reasoning: bool = False
    opens: bool = False


def draw_live(run: LiveRun) -> None:
    """Show what the run says until it ends. A rerun or a stop takes hold within a look (80 ms), silent or not."""
    slot = st.empty()
    _keep_room()
    slot.markdown(f":shimmer[Waiting for the first word of {literal(run.provider)}]")
    stream = tokens(run.follow())
    head = _first(stream)
    with slot.container():
        _draw_blocks(head, stream)


def _keep_room() -> None:
    """Keep the foot of the answer free, so that the text stays where it is when the foot comes, however it wraps."""
    with st.container(gap="xsmall"):
        for row in FOOT_PX:
            with st.container(horizontal=True, gap="small"):
                for width, height in row:
                    st.container(width=width).space(height)


def _first(stream: Iterator[Token]) -> Token | None:
    """Return the first token that has something to show; None if the run ends without."""
    return next((token for token in stream if token.text or token.opens), None)


def _draw_blocks(head: Token | None, stream: Iterator[Token]) -> None:
    at_once = True
    while head:
        block = Block(head, stream, at_once=at_once)
        if head.reasoning:
            with st.status(":shimmer[Thinking]", type="compact", expanded=True) as thinking:
                st.write_stream(block.pieces())
            thinking.update(label="Thinking", state="complete", expanded=False)
        else:
            st.write_stream(block.pieces())
        head, at_once = block.next_head, False


class Block:
    """The pieces of one block, taken from the stream up to the token that opens the next one.

    `at_once` sends its head by itself. The first word of all is worth it; a later block's waits for the next look.
    """

    def __init__(self, head: Token, stream: Iterator[Token], *, at_once: bool = False) -> None:
        self._head = head
        self._at_once = at_once
        self._stream = stream
        self.next_head: Token | None = None

    def pieces(self) -> Iterator[str]:
        """Yield what is to be sent. A long block is sent again less often, since each time it is sent whole."""
        waiting, length, sent_at = self._head.text, 0, 0.0
        if self._at_once:
            yield waiting
            length, waiting, sent_at = len(waiting), "", monotonic()
        for token in self._stream:
            if token.opens:
                self.next_head = token
                break
            waiting += token.text
            pause = SHORTEST_PAUSE_S * length / CHARACTERS_AT_SHORTEST
            if waiting and monotonic() - sent_at >= min(pause, LONGEST_PAUSE_S):
                yield waiting
                length, waiting, sent_at = length + len(waiting), "", monotonic()
        yield waiting


def tokens(looks: Iterable[list[Delta]]) -> Iterator[Token]:
    """Yield what the looks at a run found, cut into blocks, and an empty token for each that found nothing."""
    cutter, reasoning = BlockCutter(), False
    for deltas in looks:
        _let_a_stop_take_hold()
        if not deltas:
            yield Token("", reasoning)
        for of_reasoning, text in _by_kind(deltas):
            if of_reasoning != reasoning:
                yield from _cut(cutter.flush(), reasoning)
                yield Token("", of_reasoning, opens=True)
                cutter, reasoning = BlockCutter(), of_reasoning
            yield from _cut(cutter.feed(text), reasoning)
    yield from _cut(cutter.flush(), reasoning)


def _by_kind(deltas: list[Delta]) -> Iterator[tuple[bool, str]]:
    for of_reasoning, group in groupby(deltas, lambda delta: isinstance(delta, ReasoningDelta)):
        yield of_reasoning, "".join(delta.text for delta in group)


def _cut(blocks: list[str], reasoning: bool) -> Iterator[Token]:
    yield Token(blocks[0], reasoning)
    for block in blocks[1:]:
        yield Token(block, reasoning, opens=not reasoning)


def _let_a_stop_take_hold() -> None:
    """Reading the session state is a place where Streamlit ends a script that is to stop; it sends nothing."""
    st.session_state.get("conversation")
