"""A provider that paces a thousand streams and costs little. A process of its own: `python -m bench.provider`.

It answers every POST whose body names `paced?n=TOKENS&rate=A_SECOND` in Chat Completions chunks, each an HTTP chunk of
its own, with usage in the last; `rate=0` is all at once. A token is the moment at which it was sent, on
`time.monotonic`, so whoever reads it at the end of any route knows how long it was on the way.

A stream begins at once and lasts for exactly `n / rate` seconds. One timer serves all streams, those that are due
within a millisecond in one go; where a stream's tokens lie between two ticks is spread evenly over the streams.
"""

import asyncio
import gc
import json
import re
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Any

import uvloop

TICK_S = 0.001
GOLDEN = 0.618034
"""Its multiples' fractions are spread evenly, however many there are."""

SCRIPT = re.compile(rb"paced\?n=(\d+)&rate=(\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LIST = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":[]}'


def stamp(moment: float) -> str:
    """Return a moment as a token; all are of one length."""
    return f"{moment:012.4f} "


def _frame(data: str) -> bytes:
    event = f"data: {data}\n\n".encode()
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"


def _chunk(text: str, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish_reason}
    head = {"id": "chatcmpl-paced", "object": "chat.completion.chunk", "created": 1, "model": "paced"}
    return json.dumps({**head, "choices": [choice]})


def _closing(tokens: int) -> bytes:
    usage = {"prompt_tokens": 8, "completion_tokens": tokens, "total_tokens": tokens + 8}
    last = json.dumps({"id": "chatcmpl-paced", "model": "paced", "choices": [], "usage": usage})
    return b"".join(map(_frame, (_chunk("", "stop"), last, "[DONE]"))) + b"0\r\n\r\n"


_BEFORE, _AFTER = _frame(_chunk(stamp(0))).split(stamp(0).encode())


def token(moment: float) -> bytes:
    """Return the chunk of the token that is sent now."""
    return _BEFORE + stamp(moment).encode() + _AFTER


class Stream:
    """One answer under way. `due` is when its next write is: a token, or after the last one the end."""

    def __init__(self, transport: asyncio.WriteTransport, tokens: int, rate: int, phase: float) -> None:
        self._transport = transport
        self._tokens = tokens
        self._gap_s = 1 / rate
        self._start = monotonic()
        self._phase = phase
        self._sent = 1
        transport.write(_STREAM + token(self._start))

    @property
    def due(self) -> float:
        """When the next write is due: never early, so that no delay adds up."""
        phase = self._phase if self._sent < self._tokens else 0
        return self._start + (self._sent - phase) * self._gap_s

    def write(self, frame: bytes) -> bool:
        """Send the token `frame`, or the end; return whether there is more to come."""
        if self._transport.is_closing():
            return False
        more = self._sent < self._tokens
        self._transport.write(frame if more else _closing(self._tokens))
        self._sent += 1
        return more


class Pacer:
    """Writes to every stream when it is due."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._numbers = count()
        self._due: list[tuple[float, int, Stream]] = []

    def add(self, transport: asyncio.WriteTransport, tokens: int, rate: int) -> None:
        """Begin to answer."""
        if not self._due:
            self._loop.call_later(TICK_S, self._tick)
        number = next(self._numbers)
        self._keep(number, Stream(transport, tokens, rate, phase=number * GOLDEN % 1))

    def _keep(self, number: int, stream: Stream) -> None:
        heappush(self._due, (stream.due, number, stream))

    def _tick(self) -> None:
        now = monotonic()
        frame = token(now)
        while self._due and self._due[0][0] <= now:
            _, number, stream = heappop(self._due)
            if stream.write(frame):
                self._keep(number, stream)
        if self._due:
            self._loop.call_later(max(TICK_S, self._due[0][0] - now), self._tick)


class Door(asyncio.Protocol):
    """One connection: takes requests and hands each to the pacer. It reads no more of HTTP than it needs."""

    def __init__(self, answer: Callable[[asyncio.WriteTransport, int, int], None]) -> None:
        self._answer = answer
        self._request = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._request += data
        head, end, body = self._request.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and len(body) >= (int(length[1]) if length else 0):
            self._request = b""
            self._serve(body)

    def _serve(self, body: bytes) -> None:
        script = SCRIPT.search(body)
        if script is None:
            self._transport.write(_LIST)
            return
        tokens, rate = int(script[1]), int(script[2])
        if rate:
            self._answer(self._transport, tokens, rate)
        else:
            self._transport.write(_STREAM + token(monotonic()) * tokens + _closing(tokens))


async def _serve() -> None:
    gc.disable()  # nothing here is left in circles, and a collection would stand still for a while
    pacer = Pacer()
    server = await asyncio.get_running_loop().create_server(lambda: Door(pacer.add), "127.0.0.1", 0, backlog=4096)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
