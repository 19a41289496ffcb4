"""Markdown is cut into the same blocks however it streams, and never inside a fence or a list."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from pages.components.blocks import BlockCutter, split_blocks

split = partial(split_blocks, smallest=0)

LINES = [
    "",
    "text",
    "- item",
    "1. one",
    "12. twelve",
    "  indented",
    "```",
    "```python",
    "~~~",
    "````",
    "# head",
    "> quote",
    "*x*",
]


def streamed(pieces, smallest):
    cutter = BlockCutter(smallest)
    blocks = [""]
    for shown in [*(cutter.feed(piece) for piece in pieces), cutter.flush()]:
        blocks[-1] += shown[0]
        blocks.extend(shown[1:])
    return blocks


def test_paragraphs_are_blocks_of_their_own():
    assert split("one\n\ntwo\n\n\nthree") == ["one\n\n", "two\n\n\n", "three"]


def test_a_fence_is_never_cut():
    fenced = "```python\na = 1\n\n\nb = 2\n```\n\n"
    assert split(fenced + "after") == [fenced, "after"]


def test_a_fence_ends_only_with_as_many_marks():
    fenced = "````\n```\n\n```\n````\n\n"
    assert split(fenced + "after") == [fenced, "after"]


def test_a_loose_list_stays_whole():
    loose = "1. one\n\n   more of one\n\n2. two\n\n"
    assert split("Intro\n\n" + loose + "after") == ["Intro\n\n", loose, "after"]


def test_a_line_is_shown_before_it_is_complete():
    cutter = BlockCutter(smallest=0)
    assert cutter.feed("The first wo") == ["The first wo"]
    assert cutter.feed("rd") == ["rd"]


def test_what_could_become_a_marker_is_held_back():
    cutter = BlockCutter(smallest=0)
    assert cutter.feed("text\n\n1") == ["text\n\n"]
    assert cutter.feed("0 apples") == ["", "10 apples"]


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from([0, 20]), st.randoms(use_true_random=False))
def test_any_split_gives_the_same_blocks(lines, smallest, random):
    text = "\n".join(lines)
    cuts = sorted(random.sample(range(len(text) + 1), k=min(len(text) + 1, 6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    blocks = split_blocks(text, smallest)
    assert streamed(pieces, smallest) == blocks
    assert streamed(list(text), smallest) == blocks
    assert "".join(blocks) == text
    assert all(len(block) >= smallest for block in blocks[:-1])


def test_small_blocks_stay_together_until_they_are_worth_an_element():
    small, large = "a few words\n\n", "x" * 400 + "\n\n"
    assert split_blocks(small * 3) == [small * 3]
    assert split_blocks(small + large + small + large) == [small + large, small + large]


def test_a_list_ends_with_the_paragraph_after_it_also_where_they_stay_together():
    listed = "- item\n\nparagraph " + "x" * 400 + "\n\n"
    assert split_blocks(listed + "- another list") == [listed, "- another list"]
