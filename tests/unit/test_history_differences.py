"""Two texts are told apart by words, and neither loses a character or becomes Markdown."""

import re
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.format import literal
from pages.components.history_differences import LONGEST, Piece, differences, marked

TEXTS = st.text(st.sampled_from("ab c\n\t.*[]:<$é"), max_size=60)


def together(pieces):
    return "".join(piece.text for piece in pieces)


def test_what_differs_is_told_by_words():
    left, right = differences("The red fox runs.", "The brown fox runs far.")
    assert left == [Piece("The ", False), Piece("red", True), Piece(" fox runs.", False)]
    assert right == [
        Piece("The ", False),
        Piece("brown", True),
        Piece(" fox runs", False),
        Piece(" far", True),
        Piece(".", False),
    ]


def test_spaces_between_words_that_differ_differ_with_them():
    left, right = differences("a red fox", "a blue cat")
    assert left == [Piece("a ", False), Piece("red fox", True)]
    assert right == [Piece("a ", False), Piece("blue cat", True)]


@given(left=TEXTS, right=TEXTS)
def test_the_pieces_are_the_texts_and_what_is_the_same_is_the_same(left, right):
    lefts, rights = differences(left, right)
    assert (together(lefts), together(rights)) == (left, right)
    same = ["".join(piece.text for piece in pieces if not piece.differs) for pieces in (lefts, rights)]
    assert same[0] == same[1]
    assert all(one.differs != other.differs for one, other in pairwise(lefts))


@given(text=TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert not any(piece.differs for pieces in differences(text, text) for piece in pieces)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("word " * 20_000, "word " * 19_999 + "last"),
        ("".join(f"{n} " for n in range(30_000)), "".join(f"{n} " for n in range(30_000, 0, -1))),
        (". " * 50_000, "! " * 50_000),
        (" ".join(str(n % 150) for n in range(30_000)), " ".join(str(n * 7 % 150) for n in range(30_000))),
        ("x" * 100_000, "y" * 100_000),
    ],
    ids=["the same word", "backwards", "signs", "few words", "one word"],
)
def test_texts_of_any_length_are_compared_soon(left, right):
    start = perf_counter()
    lefts, rights = differences(left, right)
    assert perf_counter() - start < 5
    assert (together(lefts), together(rights)) == (left[:LONGEST], right[:LONGEST])


def test_what_differs_has_a_ground_and_lines_stay_lines():
    pieces = [Piece("a\n", False), Piece("  b\n\nc", True), Piece("\td", False)]
    assert marked(pieces, "red") == (
        "a  \n:red-background[\u00a0\u00a0b]  \n  \n:red-background[c]\u00a0\u00a0\u00a0\u00a0d"
    )
    assert marked([Piece(" ", True)], "green") == ":green-background[\u00a0]"


@given(text=st.text(st.sampled_from("a[]:!()`<>*_#$\\ \n"), min_size=1, max_size=40), differs=st.booleans())
def test_no_text_becomes_markdown(text, differs):
    drawn = marked([Piece(text, differs)], "red")
    bare = re.sub(r":red-background\[([^\]]*)\]", r"\1", re.sub(r"\\.", "", drawn))
    assert not set(bare) & set("[]:!()`<>*_#$\\")
    assert drawn.count(literal("[")) == text.count("[")
