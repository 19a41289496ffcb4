"""The simulator keeps its word: its pace, its record, and the list of what it can do."""

import asyncio
import re
import subprocess
import sys
from time import monotonic

import httpx
import pytest

from core.providers.registry import PROVIDERS
from core.settings import ROOT
from tests import simulator as package
from tests.providers.conftest import KEY, Asker
from tests.simulator import Simulator
from tests.simulator.behaviours import BEHAVIOURS


@pytest.mark.parametrize(("n", "rate"), [(200, 400), (600, 1200), (20, 40)])
async def test_the_pace_is_exact_on_average(ask: Asker, n: int, rate: int) -> None:
    start = monotonic()
    answer = await ask("openai", f"sim/words?n={n}&rate={rate}")
    assert n / rate <= monotonic() - start < n / rate * 1.05 + 0.5
    assert len(answer.text.split()) == n


def test_what_it_can_do_is_what_it_says() -> None:
    told = set(re.findall(r"^\| `([a-z0-9-]+)`", package.__doc__ or "", re.MULTILINE))
    assert told - {"error-STATUS"} == set(BEHAVIOURS)


async def test_it_records_what_came_and_who_closed(ask: Asker) -> None:
    await ask("groq", "sim/words", content="Hello")
    request = ask.simulator.requests[-1]
    assert (request.method, request.provider, request.key) == ("POST", "groq", KEY)
    assert request.body["messages"] == [{"role": "user", "content": "Hello"}]
    assert request.connection.closed_at is None
    await ask.client.aclose()
    closed = await ask.closed()
    assert closed.closed_by == "client"


def test_requests_without_a_key_are_refused_but_for_the_local_server(simulator: Simulator) -> None:
    body = {"model": "sim/words", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    for provider in PROVIDERS.values():
        path = "/v1/messages" if provider.dialect == "messages" else "/chat/completions"
        answer = httpx.post(simulator.base_url(provider.name) + path, json={**body, "max_tokens": 5})
        assert answer.status_code == (401 if provider.needs_key else 200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 1.5},
        {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
        {"messages": [{"role": "system", "content": "a"}]},
    ],
)
def test_it_refuses_what_messages_does_not_allow(simulator: Simulator, wrong: dict[str, object]) -> None:
    body = {"model": "sim/words", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
    url = simulator.base_url("anthropic") + "/v1/messages"
    assert httpx.post(url, json=body, headers={"x-api-key": KEY}).status_code == 200
    assert httpx.post(url, json=body | wrong, headers={"x-api-key": KEY}).status_code == 400
    del body["max_tokens"]
    assert httpx.post(url, json=body, headers={"x-api-key": KEY}).status_code == 400


async def test_it_can_be_told_by_the_prompt_and_tells_what_it_saw(ask: Asker) -> None:
    answer = await ask("openai", "gpt-4o-mini", content="sim/words?n=300&markdown=1&rate=3000")
    assert answer.text.startswith("## Why the sky is blue\n\n")
    assert len(answer.text.split()) == 300
    (seen,) = httpx.get(f"{ask.simulator.url}/runs").json()
    assert seen["text_bytes"] == len(answer.text.encode())
    assert seen["at"] < seen["text_at"] < seen["ended_at"] < monotonic()
    assert seen["closed_at"] is None


async def test_it_serves_as_a_process_of_its_own(ask: Asker) -> None:
    command = [sys.executable, "-m", "tests.simulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = (await asyncio.to_thread(process.stdout.readline)).strip()
        try:
            answer = await ask("openai", "sim/words?n=3", base_url=f"{url}/openai/v1")
        finally:
            process.terminate()
    assert answer.text == "the quick brown "
    assert process.returncode == 0
