"""Server-sent events come out the same however the bytes were split, and whatever the lines end with."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.providers.sse import EventTooLarge, ServerSentEvent, SSEDecoder

TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: not text.startswith(" ")
)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def decode(*parts: bytes, limit: int = 1 << 20) -> list[ServerSentEvent]:
    decoder = SSEDecoder(limit)
    return [event for part in parts for event in decoder.feed(part)]


def one_by_one(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


@given(st.lists(TEXTS, max_size=8), LINE_ENDS, st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_any_split_gives_the_same_events(texts: list[str], end: str, cuts: list[int], space: bool) -> None:
    data = "".join(f"data:{' ' if space else ''}{text}{end}{end}" for text in texts).encode()
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    parts = [data[start:stop] for start, stop in pairwise(edges)]
    expected = [ServerSentEvent(text) for text in texts]
    assert decode(data) == expected
    assert decode(*parts) == expected
    assert decode(*one_by_one(data)) == expected


@given(st.binary(max_size=300))
def test_any_bytes_at_all_give_the_same_events_whole_and_byte_by_byte(data: bytes) -> None:
    assert decode(data) == decode(*one_by_one(data))


def test_fields_comments_and_a_byte_order_mark() -> None:
    data = b'\xef\xbb\xbf: hello\nevent: ping\nid: 7\nretry: 10\ndata: {"a":\ndata: 1}\nunknown\n\n:\n\ndata:x\n\n'
    assert decode(data) == [ServerSentEvent('{"a":\n1}', "ping", "7"), ServerSentEvent("x")]
    assert decode(*one_by_one(data)) == decode(data)


def test_a_byte_order_mark_hides_nothing() -> None:
    data = b"\xef\xbb\xbfdata: x\n\n"
    assert decode(data) == decode(*one_by_one(data)) == [ServerSentEvent("x")]


def test_only_one_space_after_the_colon_is_taken() -> None:
    assert decode(b"data:  x \n\n") == [ServerSentEvent(" x ")]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_other_separators_are_text(separator: str) -> None:
    assert decode(f"data: a{separator}b\n\n".encode()) == [ServerSentEvent(f"a{separator}b")]


def test_a_line_that_ends_between_two_reads_ends_once() -> None:
    assert decode(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [ServerSentEvent("a\nb")]
    assert decode(b"data: a\r\r", b"data: b\r\r") == [ServerSentEvent("a"), ServerSentEvent("b")]


def test_an_event_without_data_is_no_event() -> None:
    assert decode(b"event: ping\n\ndata:\n\ndata: \n\n\n\n") == []


def test_half_an_event_at_the_end_is_kept_back() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\n\ndata: b\n") == [ServerSentEvent("a")]
    assert decoder.close() == b"data: b\n"


def test_bytes_that_are_no_text_are_replaced_and_told() -> None:
    decoder = SSEDecoder()
    assert decoder.feed("data: é\n\n".encode()) == [ServerSentEvent("é")]
    assert not decoder.mended
    assert decoder.feed(b"data: caf\xe9\n\n") == [ServerSentEvent("caf\ufffd")]
    assert decoder.mended


@pytest.mark.parametrize("size", [1, 16, 1000])
def test_an_event_over_the_limit_is_refused(size: int) -> None:
    data = b"data: " + b"x" * 500 + b"\n\n"
    with pytest.raises(EventTooLarge):
        decode(*(data[start : start + size] for start in range(0, len(data), size)), limit=100)


def test_many_events_in_one_read_may_be_longer_than_the_limit_of_one() -> None:
    assert len(decode(b"data: 0123456789\n\n" * 100, limit=100)) == 100
