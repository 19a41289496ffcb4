"""The body of an answer as it arrives: inflated if need be, never more than the cap, never silent for too long."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any, cast

import httpx

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Room for the longest answers of today, of 128,000 tokens, where each token has a chunk of its own."""

MAX_READ_BYTES = 4 * 1024 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """The body is longer than the cap, inflated."""


class UnknownEncoding(Exception):
    """The body is compressed in a way that was not asked for, or is not what it says."""


class Patience:
    """The longest silence that a provider is allowed. `renew` begins it anew; comments are no reason to.

    `with patience:` around a wait raises `TimeoutError` in it when the silence has lasted too long, as
    `asyncio.timeout` does. One timer serves all waits of an answer, and looks again when it was renewed meanwhile: a
    timer for each read would cost more than the read.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelling: int | None = None
        self.renew()

    def renew(self) -> None:
        """Begin the silence anew."""
        self._deadline = self._loop.time() + self._limit_s

    def __enter__(self) -> None:
        self._waiting = asyncio.current_task(self._loop)
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        task, self._waiting = self._waiting, None
        if self._cancelling is None or task is None:
            return
        others, self._cancelling = self._cancelling, None
        if task.uncancel() <= others and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _look(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look)
            return
        self._cancelling = self._waiting.cancelling()
        self._waiting.cancel()


async def chunks(response: httpx.Response, patience: Patience, cap: int = MAX_BODY_BYTES) -> AsyncGenerator[bytes]:
    """Yield the body as it comes. Raises `BodyTooLarge`, `UnknownEncoding`, `zlib.error`, `TimeoutError` and what
    httpx raises."""
    inflated = _inflater(response.headers.get("content-encoding", ""))
    left = cap
    async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as reads:
        while True:
            with patience:
                read = await anext(reads, None)
            if read is None:
                return
            data = inflated(read)
            left -= len(data)
            if left < 0:
                raise BodyTooLarge
            yield data


async def whole(response: httpx.Response, patience: Patience, cap: int = MAX_BODY_BYTES) -> bytes:
    """Return the body, cut at `cap`. Raises what `chunks` raises, but `BodyTooLarge`."""
    body = bytearray()
    with suppress(BodyTooLarge):
        async with aclosing(chunks(response, patience, cap)) as parts:
            async for data in parts:
                body += data
    return bytes(body)


def _inflater(encoding: str) -> Callable[[bytes], bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return lambda data: data
        case "gzip" | "x-gzip" | "deflate":
            return _Inflater().inflated
        case _:
            raise UnknownEncoding


class _Inflater:
    """A read that inflates to more than `MAX_READ_BYTES` is a bomb, and has no room to go off."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(_GZIP_OR_ZLIB)

    def inflated(self, data: bytes) -> bytes:
        plain = self._engine.decompress(data, MAX_READ_BYTES)
        if self._engine.unconsumed_tail:
            raise BodyTooLarge
        if self._engine.unused_data:  # what follows the end would gather without a limit
            raise UnknownEncoding
        return plain
