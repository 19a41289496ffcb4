"""What a lab does again and again beside its work, from its opening to its closing."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any

from core.errors import StoreUnavailable

log = logging.getLogger(__name__)


def start(stack: AsyncExitStack, *chores: Coroutine[Any, Any, None]) -> None:
    """Begin with `chores`, and leave on `stack` how they are ended."""
    for chore in chores:
        stack.push_async_callback(cancelled, asyncio.create_task(chore))


async def every(pause_s: float, chore: Callable[[], None]) -> None:
    """Do `chore` in a thread, for ever, with so many seconds between; while the database is away it is put off."""
    while True:
        try:
            await asyncio.to_thread(chore)
        except StoreUnavailable as error:
            log.warning("a chore is put off: %s", error.message)
        await asyncio.sleep(pause_s)


async def cancelled(task: asyncio.Task[None]) -> None:
    """End `task` and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
