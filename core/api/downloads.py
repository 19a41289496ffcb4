"""A file that is made while it is sent, no faster than its reader takes it: while a piece is sent the next is made.

Who leaves ends the work. What breaks off midway is cut, so that nobody takes a part for the whole.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from core.api.readers import first, left
from core.domain.accounts import User
from core.errors import Unavailable
from core.services.exports import Export, Exports

PART_BYTES = 1 << 18
"""So much is handed to the network at a time."""

STALLED_S = 300.0
"""Who has not taken a part after so long is hung up on."""

PIECES_AT_ONCE = 2
"""So many pieces of files are made at once, so that whoever else needs the database comes to it."""

T = TypeVar("T")

log = logging.getLogger(__name__)

_makers: RunVar[CapacityLimiter] = RunVar("makers of pieces")


class Download:
    """The answer to a request for a file, which `opened` begins. It takes one of the user's places until its end."""

    def __init__(self, exports: Exports, user: User, opened: Callable[[], Export]) -> None:
        self._exports = exports
        self._user = user
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until the file is whole or the reader is gone. Raises `LimitReached`, or what opening raises."""
        with self._exports.place(self._user):
            export = await _making(self._opened)
            with closing(export.pieces):
                await send(_head(export))
                if scope["method"] == "HEAD":
                    await send({"type": "http.response.body"})
                else:
                    await first(_send(export, send), left(receive))


async def _send(export: Export, send: Send) -> None:
    """Send the whole file; end without an end if that cannot be done, which has the server cut the connection."""
    making = _making(lambda: next(export.pieces, None))
    try:
        while (piece := await asyncio.shield(making)) is not None:
            making = _making(lambda: next(export.pieces, None))
            for part in _parts(piece):
                async with asyncio.timeout(STALLED_S):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})
    except (Unavailable, TimeoutError) as error:
        log.warning("a download is broken off: %s", error if isinstance(error, Unavailable) else "its reader stalls")
    finally:  # a file can only be closed, and its place given to another, when nobody is at work on it
        await asyncio.gather(making, return_exceptions=True)


def _parts(piece: bytes) -> Iterator[bytes]:
    return (piece[start : start + PART_BYTES] for start in range(0, len(piece), PART_BYTES))


def _head(export: Export) -> Message:
    headers = Headers(
        {
            "content-type": export.media_type,
            "content-disposition": f'attachment; filename="{export.name}"',
            "x-total-rows": str(export.runs),
        }
    )
    return {"type": "http.response.start", "status": 200, "headers": headers.raw}


def _making(work: Callable[[], T]) -> asyncio.Future[T]:
    """Have `work` done in a thread and in its turn."""
    return asyncio.ensure_future(run_sync(work, limiter=_limiter()))


def _limiter() -> CapacityLimiter:
    try:
        return _makers.get()
    except LookupError:
        _makers.set(CapacityLimiter(PIECES_AT_ONCE))
        return _makers.get()
