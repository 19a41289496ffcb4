"""The lab's life beside the server's.

Opening never holds up the server: it serves at once, says that it is not ready, and keeps trying until the database is
there. What no trying will cure ends the server, with one line that says why.
"""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from core import logs
from core.chores import cancelled
from core.composition import open_lab
from core.ending import heeded
from core.errors import SettingsError, StoreUnavailable, described
from core.lab import current, install, is_open
from core.secrets import prepare_data_dir
from core.settings import Settings, load_settings

RETRY_EVERY_S = 2.0
COLLECT_AFTER = (20_000, 20, 20)
"""The collector's thresholds, see `gc.set_threshold`."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the lab when the server starts and close it when the server ends."""
    settings = load_settings()
    logs.configure(settings)
    asyncio.get_running_loop().set_exception_handler(logs.unforeseen)
    prepare_data_dir(settings.data_dir)
    async with AsyncExitStack() as stack:
        opening = asyncio.create_task(_open_or_end(settings, stack))

        async def close() -> None:
            await cancelled(opening)
            install(None)
            await stack.aclose()

        try:
            async with heeded(_end_runs, close):
                yield {}
        finally:
            await close()


async def _end_runs() -> None:
    if is_open():
        await current().engine.close()


async def _open_or_end(settings: Settings, stack: AsyncExitStack) -> None:
    """Open the lab, or end the process: nothing of the lab is open then, so there is nothing to close or to lose."""
    try:
        await _open_when_possible(settings, stack)
    except Exception as error:
        told = error.message if isinstance(error, SettingsError) else f"The lab cannot start: {described(error)}."
        print(told, file=sys.stderr, flush=True)
        os._exit(1)


async def _open_when_possible(settings: Settings, stack: AsyncExitStack) -> None:
    while True:
        try:
            async with AsyncExitStack() as attempt:
                install(await open_lab(settings, attempt))
                _spare_what_stays()
                stack.push_async_exit(attempt.pop_all())
                return
        except StoreUnavailable as error:
            log.warning("not ready: %s", error.message)
            await asyncio.sleep(RETRY_EVERY_S)


def _spare_what_stays() -> None:
    """Have the collector look no more at what is there for good, and at the rest less often: streams make many objects
    and few circles, and each of its rounds holds all of them up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
