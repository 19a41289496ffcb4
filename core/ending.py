"""The order to end, heeded when it comes.

uvicorn waits for every open response before it ends the lifespan, and the response to a run is open as long as the
run. So what has to end is told by the signal itself, and a reader who takes nothing is not waited for.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

LINGER_S = 2.0
"""How long the last responses may take once `end` is done."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def heeded(end: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """While inside: await `end` once the process is told to end, and `close` if the server then lingers for long.

    After `close` the server waits for nobody any more, and its lifespan does not come to its own end.
    """
    asked = asyncio.Event()
    if current_thread() is main_thread():  # nobody else may handle signals
        _listen(asyncio.get_running_loop(), asked)
    ending = asyncio.create_task(_end(asked, end, close))
    try:
        yield
    finally:
        ending.cancel()
        with suppress(asyncio.CancelledError):
            await ending


def _listen(loop: asyncio.AbstractEventLoop, asked: asyncio.Event) -> None:
    """Hear the signals that the server handles, before it does."""
    for number in SIGNALS:
        if callable(servers := signal.getsignal(number)):
            signal.signal(number, _heard(servers, loop, asked))


def _heard(
    servers: Callable[[int, FrameType | None], object], loop: asyncio.AbstractEventLoop, asked: asyncio.Event
) -> Callable[[int, FrameType | None], None]:
    def hear(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(asked.set)
        servers(number, frame)

    return hear


async def _end(asked: asyncio.Event, end: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]) -> None:
    await asked.wait()
    await end()
    await asyncio.sleep(LINGER_S)
    await close()
    signal.raise_signal(signal.SIGINT)  # which uvicorn takes, being told a second time, for "at once"
