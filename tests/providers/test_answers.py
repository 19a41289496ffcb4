"""Whole answers over real HTTP, from every provider, in every way that the format allows."""

import asyncio
from decimal import Decimal
from time import monotonic

import pytest

from core.domain.events import Finished, Noticed, TextDelta
from core.domain.usage import Usage
from core.providers.registry import PROVIDERS
from tests.providers.conftest import KEY, Asker

BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
TWENTY_WORDS = 20


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_is_told_from_the_first_word_to_its_usage(ask: Asker, provider: str) -> None:
    answer = await ask(provider, "sim/words?n=20&reasoning=4&input=50&cached=10")
    assert len(answer.text.split()) == TWENTY_WORDS
    assert len(answer.reasoning.split()) == 4
    assert isinstance(answer.verdict, Finished)
    assert answer.usage.output_tokens == 24
    assert answer.usage.input_tokens == (60 if provider == "anthropic" else 50)
    assert answer.usage.cached_tokens == (0 if provider == "together" else 10)
    assert answer.generation_id is not None


async def test_each_dialect_gets_its_path_and_its_headers(ask: Asker) -> None:
    for provider in PROVIDERS:
        await ask(provider, "sim/words")
    sent = {request.provider: request for request in ask.simulator.requests}
    assert sent["anthropic"].path == "/anthropic/v1/messages"
    assert sent["anthropic"].headers["x-api-key"] == KEY
    assert sent["anthropic"].headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in sent["anthropic"].headers
    assert sent["openrouter"].path == "/openrouter/api/v1/chat/completions"
    assert sent["openrouter"].headers["authorization"] == f"Bearer {KEY}"
    assert {"http-referer", "x-title"} <= sent["openrouter"].headers.keys()
    assert sent["groq"].path == "/groq/openai/v1/chat/completions"
    assert all(request.headers["accept-encoding"] == "identity" for request in sent.values())
    assert all(request.headers["content-type"] == "application/json" for request in sent.values())


async def test_a_local_server_needs_no_key(ask: Asker) -> None:
    answer = await ask("local", "sim/words?timings=1", key=None)
    assert isinstance(answer.verdict, Finished)
    assert "authorization" not in ask.simulator.requests[-1].headers


async def test_what_openrouter_billed_comes_with_its_id(ask: Asker) -> None:
    answer = await ask("openrouter", "sim/words?cost=0.000669")
    assert answer.usage.billed_usd == Decimal("0.000669")
    assert answer.generation_id is not None
    assert answer.generation_id.startswith("gen-")


@BOTH
@pytest.mark.parametrize(
    "manner",
    [
        "eol=crlf",
        "eol=cr",
        "bom=1",
        "noise=1",
        "space=0",
        "lines=1",
        "size=1",
        "size=3&eol=crlf&bom=1",
        "size=1&eol=crlf&bom=1&noise=1&lines=1&space=0",
        "null=1",
    ],
)
async def test_however_the_bytes_come_the_text_is_the_same(ask: Asker, provider: str, manner: str) -> None:
    plain = await ask(provider, "sim/words?reasoning=3")
    other = await ask(provider, f"sim/words?reasoning=3&{manner}")
    assert (other.text, other.reasoning, other.usage) == (plain.text, plain.reasoning, plain.usage)
    assert other.verdict == plain.verdict


@BOTH
@pytest.mark.parametrize("size", ["", "?size=1"])
async def test_text_of_every_kind_comes_as_it_was_said(ask: Asker, provider: str, size: str) -> None:
    said = "größer \u2028 \u2029 \x85 😀 👩‍👩‍👧 \u202e \u200b <script>alert(1)</script> ![x](http://e/?q)\r\n\tend"
    assert (await ask(provider, f"sim/echo{size}", content=said)).text == said


async def test_four_megabytes_in_one_line_arrive(ask: Asker) -> None:
    answer = await ask("openai", "sim/big-event?after=0&mb=2&pieces=2")
    assert answer.text == "x" * (4 << 20)


@BOTH
async def test_a_refusal_to_answer_is_text(ask: Asker, provider: str) -> None:
    answer = await ask(provider, "sim/declines")
    assert len(answer.text.split()) == TWENTY_WORDS
    assert answer.verdict == Finished("refusal" if provider == "anthropic" else "stop")


async def test_a_second_start_counts_the_input_once(ask: Asker) -> None:
    assert (await ask("anthropic", "sim/two-starts?input=50&cached=5&written=2")).usage == Usage(
        input_tokens=57, output_tokens=20, cached_tokens=5, cache_write_tokens=2
    )


@pytest.mark.parametrize("model", ["sim/words?done=0", "sim/words?finish=0", "sim/words?usage=0"])
async def test_a_finish_reason_or_the_done_mark_is_enough(ask: Asker, model: str) -> None:
    answer = await ask("together", model)
    assert isinstance(answer.verdict, Finished)
    assert len(answer.text.split()) == TWENTY_WORDS


async def test_what_was_changed_is_told_before_anything_is_read(ask: Asker) -> None:
    stream = ask.stream("anthropic", "sim/silent?headers=0", temperature=1.5)
    assert await anext(stream) == [Noticed("Anthropic takes a temperature of at most 1, so 1 was sent.")]
    assert ask.simulator.requests == []
    await stream.aclose()


@pytest.mark.alone
async def test_words_come_as_they_are_said(ask: Asker) -> None:
    start, first = monotonic(), None
    async for batch in ask.stream("openai", "sim/words?n=50&rate=100"):
        if first is None and any(isinstance(event, TextDelta) for event in batch):
            first = monotonic() - start
    assert first is not None
    assert first < 0.4 < 0.49 < monotonic() - start < 1.5


async def test_a_connection_serves_the_next_run_too(ask: Asker) -> None:
    for _ in range(5):
        await ask("openai", "sim/words")
    assert len(ask.simulator.requests) == 5
    assert len(ask.simulator.connections) <= 1


@pytest.mark.alone
async def test_an_answer_that_is_complete_does_not_wait_for_the_connection(ask: Asker) -> None:
    start = monotonic()
    assert isinstance((await ask("openai", "sim/lingers")).verdict, Finished)
    assert monotonic() - start < 1


@pytest.mark.alone
async def test_two_hundred_streams_at_once_do_not_queue(ask: Asker) -> None:
    answers = await asyncio.gather(*(ask("openai", "sim/words?n=10&rate=5") for _ in range(200)))
    assert all(isinstance(answer.verdict, Finished) for answer in answers)
    assert len(ask.simulator.connections) > 150
