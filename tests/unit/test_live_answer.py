"""What a run says becomes pieces to show: whole, in order, in few sendings, reasoning apart."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.events import ReasoningDelta, TextDelta
from pages.components import live_answer
from pages.components.blocks import WORTH_AN_ELEMENT, split_blocks
from pages.components.live_answer import Block, Token, tokens


def follow(*looks):
    """What the looks at a run find, as tokens."""
    return list(tokens([list(look) for look in looks]))


def pieces_of(stream):
    """Every block's pieces, as they are sent."""
    stream = iter(stream)
    head, blocks = next(stream, None), []
    while head:
        block = Block(head, stream)
        blocks.append((head.reasoning, list(block.pieces())))
        head = block.next_head
    return blocks


TEXTS = st.lists(st.tuples(st.booleans(), st.text(alphabet="ab \n`-1.", max_size=12)), max_size=12)


def deltas(said):
    return [ReasoningDelta(text) if reasoning else TextDelta(text) for reasoning, text in said]


@given(TEXTS, st.integers(1, 4))
def test_nothing_is_lost_and_reasoning_stays_apart(said, size):
    found = deltas(said)
    looks = [found[start : start + size] for start in range(0, len(found), size)]
    shown = follow(*looks)
    for reasoning in (False, True):
        expected = "".join(text for kind, text in said if kind is reasoning)
        assert "".join(token.text for token in shown if token.reasoning is reasoning) == expected
        sent = (piece for kind, pieces in pieces_of(shown) if kind is reasoning for piece in pieces)
        assert "".join(sent) == expected


def test_each_markdown_block_is_a_block_of_its_own():
    text = "One.\n\n```python\na\n\nb\n```\n\n- x\n- y\n\nLast."
    shown = pieces_of(follow(*([TextDelta(letter)] for letter in text)))
    assert ["".join(pieces) for _, pieces in shown] == split_blocks(text)


def test_reasoning_is_one_block_however_many_paragraphs_it_has():
    large = "d" * WORTH_AN_ELEMENT + "\n\n"
    shown = pieces_of(follow([ReasoningDelta(large + "b\n\nc")], [TextDelta(large + "e")]))
    assert [(reasoning, "".join(pieces)) for reasoning, pieces in shown if any(pieces)] == [
        (True, large + "b\n\nc"),
        (False, large),
        (False, "e"),
    ]


def test_a_look_that_finds_nothing_is_a_token_without_text():
    assert follow([], [], [TextDelta("a")])[:2] == [Token(""), Token("")]


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a look's time, 80 ms, each time that it is asked."""
    ticks = count()
    monkeypatch.setattr(live_answer, "monotonic", lambda: 1000 + next(ticks) * 0.08)


def sendings(letters_a_look):
    stream = iter([Token("x" * letters_a_look) for _ in range(200)])
    (_, pieces), *_ = pieces_of(stream)
    return [piece for piece in pieces if piece]


def test_a_short_block_is_sent_at_each_look(clock):
    assert len(sendings(1)) >= 90


def test_a_long_block_is_sent_less_often(clock):
    assert 10 < len(sendings(200)) < len(sendings(20)) < len(sendings(1))
