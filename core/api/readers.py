"""Whoever reads an answer may leave before its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive


async def first(answer: Coroutine[Any, Any, None], *others: Coroutine[Any, Any, None]) -> bool:
    """Run all until one is done; return whether that was the answer. The rest are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in (answer, *others)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
    return tasks[0] in done


async def left(receive: Receive) -> None:
    """Return when the reader has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
