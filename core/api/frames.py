"""What a run says, as an event stream: one JSON object a `data:` line, as it comes.

This is the lab's hottest path, so a frame is written by hand; the verdict, once a run, is a model of `schemas`.
"""

from collections.abc import AsyncIterator
from itertools import groupby
from json.encoder import encode_basestring
from math import ceil

from core.domain.chat import clean
from core.domain.events import Delta, TextDelta
from core.domain.usage import BYTES_PER_TOKEN
from core.services.runs import LiveRun


async def frames(run: LiveRun) -> AsyncIterator[bytes]:
    """Yield what `run` says until it has ended, its verdict apart. What arrived together shares a frame.

    Tokens are our estimate: a provider tells its own count only at the end.
    """
    size = 0
    async for deltas in run.stream():
        for kind, text in _gathered(deltas):
            size += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
            yield _frame(kind, text, ceil(size / BYTES_PER_TOKEN))


def event(json: bytes) -> bytes:
    """Return a JSON object as an event."""
    return b"data: " + _on_one_line(json) + b"\n\n"


def _gathered(deltas: list[Delta]) -> list[tuple[type[Delta], str]]:
    if len(deltas) == 1:
        return [(type(deltas[0]), deltas[0].text)]
    return [(kind, "".join(delta.text for delta in alike)) for kind, alike in groupby(deltas, type)]


def _frame(kind: type[Delta], text: str, tokens: int) -> bytes:
    try:
        quoted = encode_basestring(text).encode()
        quoted = quoted if text.isascii() else _on_one_line(quoted)
    except UnicodeEncodeError:  # half a surrogate pair, of which the other half may never come
        quoted = _on_one_line(encode_basestring(clean(text)).encode())
    if kind is TextDelta:
        return b'data: {"content":%b,"tokens":%d}\n\n' % (quoted, tokens)
    return b'data: {"reasoning":%b}\n\n' % quoted


def _on_one_line(json: bytes) -> bytes:
    """Escape U+0085, U+2028 and U+2029: neither SSE nor JSON ends a line there, but `str.splitlines` does, and by it
    `iter_lines` of the clients that most programs use."""
    return (
        json.replace(b"\xc2\x85", b"\\u0085").replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    )
