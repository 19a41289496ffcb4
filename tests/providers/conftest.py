"""A simulated provider, our client, and a way to ask one through the other."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.domain.chat import ChatRequest, Message
from core.domain.events import Event, Failed, Finished, Identified, Noticed, ReasoningDelta, TextDelta, UsageReported
from core.domain.usage import Usage
from core.providers.client import ProviderClient
from core.providers.registry import PROVIDERS
from tests.simulator import Simulator
from tests.simulator.wire import Connection

KEY = "planted-key-0123456789abcdef"
LIMIT_S = 15.0


@dataclass
class Answer:
    """All that came for one request, batch by batch."""

    batches: list[list[Event]] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Noticed)]

    @property
    def usage(self) -> Usage:
        return [event.usage for event in self.events if isinstance(event, UsageReported)][-1]

    @property
    def generation_id(self) -> str | None:
        return next((event.generation_id for event in self.events if isinstance(event, Identified)), None)

    @property
    def verdict(self) -> Finished | Failed:
        """The last event, which is the only one of its kind."""
        verdicts = [event for event in self.events if isinstance(event, Finished | Failed)]
        assert verdicts == self.events[-1:]
        return verdicts[0]

    @property
    def code(self) -> str | None:
        return self.verdict.code if isinstance(self.verdict, Failed) else None


class Asker:
    """Asks a simulated provider."""

    def __init__(self, client: ProviderClient, simulator: Simulator) -> None:
        self.client = client
        self.simulator = simulator

    def request(self, provider: str, model: str, content: str = "Say it again", **parameters: Any) -> ChatRequest:
        messages = (Message(role="user", content=content),)
        return ChatRequest(model_id=f"{provider}/{model}", messages=messages, **parameters)

    def stream(self, provider: str, model: str, *, stall_timeout_s: float = 5.0, base_url: str = "", **asked: Any):
        row, key = PROVIDERS[provider], asked.pop("key", KEY)
        url = base_url or self.simulator.base_url(provider)
        return self.client.stream(
            row, url, key, self.request(provider, model, **asked), stall_timeout_s=stall_timeout_s
        )

    async def closed(self) -> Connection:
        """Return the connection of the last request once it is closed; the loop goes on meanwhile, or it never is."""
        connection = self.simulator.requests[-1].connection
        assert await asyncio.to_thread(connection.wait_closed)
        return connection

    async def __call__(self, provider: str, model: str, **asked: Any) -> Answer:
        answer = Answer()
        async with asyncio.timeout(LIMIT_S):
            async for batch in self.stream(provider, model, **asked):
                assert batch
                answer.batches.append(batch)
        return answer


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def client() -> AsyncIterator[ProviderClient]:
    client = ProviderClient()
    yield client
    await client.aclose()


@pytest.fixture
def ask(client: ProviderClient, simulator: Simulator) -> Asker:
    simulator.clear()
    return Asker(client, simulator)
