"""CPU from bytes to typed events, beside a bare reader and the `openai` SDK on the same stream.

The provider runs in a process of its own, so what is measured is the reader's CPU alone. A round lets each reader take
the stream once, in turn; the median of the rounds counts, with the first round left out.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median
from time import process_time
from typing import Any

import httpx
import openai
from httpx_aiohttp import AiohttpTransport

from bench.figures import Figure
from bench.processes import provider
from core.domain.chat import ChatRequest, Message
from core.domain.events import Finished, TextDelta
from core.providers.client import ProviderClient
from core.providers.registry import PROVIDERS

CHUNKS = 5_000
ROUNDS = 7
PACED_CHUNKS = 2_000
PACED_RATE = 4_000

_PEERS = {
    "bare": "bare httpx read and json.loads",
    "bare, our transport": "the same over httpx-aiohttp, as ours",
    "sdk": "openai SDK",
}
_BOUNDS = {"bare": 2.0, "bare, our transport": 2.0, "sdk": 1 / 5}

Reader = Callable[[str], Awaitable[int]]


def run() -> list[Figure]:
    """Measure, and return the figures: microseconds of CPU a chunk, beside the peer's."""
    with provider() as simulated:
        at_once = asyncio.run(_measure(simulated.base_url, f"sim/words?n={CHUNKS}", CHUNKS, ROUNDS))
        paced = asyncio.run(
            _measure(simulated.base_url, f"sim/words?n={PACED_CHUNKS}&rate={PACED_RATE}", PACED_CHUNKS, 4)
        )
    return [
        _figure(f"CPU a chunk, {CHUNKS:,} chunks at once", at_once, "bare"),
        _figure(f"CPU a chunk, {CHUNKS:,} chunks at once", at_once, "bare, our transport"),
        _figure(f"CPU a chunk, {CHUNKS:,} chunks at once", at_once, "sdk"),
        _figure(f"CPU a chunk, {PACED_CHUNKS:,} chunks at {PACED_RATE:,} a second", paced, "bare"),
    ]


def _figure(name: str, costs: dict[str, float], peer: str) -> Figure:
    return Figure(name, costs["ours"], "µs", _PEERS[peer], costs[peer], times=_BOUNDS[peer])


async def _measure(base_url: str, model: str, chunks: int, rounds: int) -> dict[str, float]:
    """Return microseconds of CPU a chunk for each reader. Raises `RuntimeError` if one misses a chunk."""
    costs: dict[str, list[float]] = {"ours": [], **{peer: [] for peer in _PEERS}}
    async with _readers(base_url) as readers:
        for _ in range(rounds + 1):
            for name, reader in readers.items():
                start = process_time()
                seen = await reader(model)
                costs[name].append((process_time() - start) / chunks * 1e6)
                if seen != chunks:
                    raise RuntimeError(f"{name} saw {seen} of {chunks} chunks")
    return {name: median(values[1:]) for name, values in costs.items()}


@asynccontextmanager
async def _readers(base_url: str) -> AsyncIterator[dict[str, Reader]]:
    client, http, same = ProviderClient(), httpx.AsyncClient(), httpx.AsyncClient(transport=AiohttpTransport())
    sdk = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    try:
        yield {
            "ours": lambda model: _ours(client, base_url, model),
            "bare": lambda model: _bare(http, base_url, model),
            "bare, our transport": lambda model: _bare(same, base_url, model),
            "sdk": lambda model: _sdk(sdk, model),
        }
    finally:
        await sdk.close()
        await http.aclose()
        await same.aclose()
        await client.aclose()


async def _ours(client: ProviderClient, base_url: str, model: str) -> int:
    request = ChatRequest(model_id=f"openai/{model}", messages=(Message(role="user", content="Go"),))
    seen = 0
    async for events in client.stream(PROVIDERS["openai"], base_url, "none", request, stall_timeout_s=60):
        seen += sum(isinstance(event, TextDelta) for event in events)
    if not isinstance(events[-1], Finished):
        raise RuntimeError(f"the stream ended with {events[-1]}")
    return seen


async def _bare(http: httpx.AsyncClient, base_url: str, model: str) -> int:
    seen, rest = 0, b""
    body = {"model": model, "messages": [{"role": "user", "content": "Go"}], "stream": True}
    headers = {"Authorization": "Bearer none"}
    async with http.stream("POST", f"{base_url}/chat/completions", json=body, headers=headers) as response:
        async for data in response.aiter_bytes():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"data: {"):
                    seen += bool(json.loads(line[6:])["choices"][0]["delta"].get("content"))
    return seen


async def _sdk(sdk: openai.AsyncOpenAI, model: str) -> int:
    seen = 0
    messages: Any = [{"role": "user", "content": "Go"}]
    async for chunk in await sdk.chat.completions.create(model=model, messages=messages, stream=True):
        seen += bool(chunk.choices and chunk.choices[0].delta.content)
    return seen
