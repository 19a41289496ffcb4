"""The official SDKs as oracles: they read what the simulator sends, and would send what we send."""

from typing import Any, get_type_hints

import anthropic
import openai
import pytest
from anthropic.types import MessageParam
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.types.chat import ChatCompletionStreamOptionsParam
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from core.domain.chat import ChatRequest, Message
from core.providers.dialects import dialect_of
from core.providers.registry import PROVIDERS
from tests.providers.conftest import KEY, Asker
from tests.simulator import Simulator

CHAT = [name for name, provider in PROVIDERS.items() if provider.dialect == "chat_completions"]
OLDER_VERSION = {"temperature", "top_p"}
"""Fields of the Messages version that we speak; the SDK writes a newer one, which has dropped them."""


def encoded(provider: str, model: str = "m") -> dict[str, Any]:
    turns = (("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"))
    messages = tuple(Message(role=role, content=content) for role, content in turns)
    request = ChatRequest(model_id=f"{provider}/{model}", messages=messages, temperature=0.5, top_p=0.9)
    return dialect_of(PROVIDERS[provider]).encode(PROVIDERS[provider], request).body


@pytest.mark.parametrize("provider", CHAT)
async def test_the_openai_sdk_reads_what_the_simulator_says(ask: Asker, simulator: Simulator, provider: str) -> None:
    model = "sim/words?input=50&cached=10&reasoning=2"
    ours = await ask(provider, model)
    async with openai.AsyncOpenAI(base_url=simulator.base_url(provider), api_key=KEY, max_retries=0) as sdk:
        stream = await sdk.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "Say it again"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    usage = chunks[-1].usage
    assert text == ours.text
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (ours.usage.input_tokens, ours.usage.output_tokens)
    for chunk in chunks:
        type(chunk).model_validate(chunk.model_dump(), strict=True)


async def test_the_anthropic_sdk_reads_what_the_simulator_says(ask: Asker, simulator: Simulator) -> None:
    model = "sim/words?input=50&cached=10&written=5&reasoning=2"
    ours = await ask("anthropic", model)
    asked: Any = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Say it again"}]}
    async with (
        anthropic.AsyncAnthropic(base_url=simulator.base_url("anthropic"), api_key=KEY, max_retries=0) as sdk,
        sdk.messages.stream(**asked) as stream,
    ):
        message = await stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert getattr(message.content[1], "text", None) == ours.text
    assert getattr(message.content[0], "thinking", None) == ours.reasoning
    told = message.usage
    cache = (told.cache_read_input_tokens or 0) + (told.cache_creation_input_tokens or 0)
    assert told.input_tokens + cache == ours.usage.input_tokens == 65
    assert told.output_tokens == ours.usage.output_tokens
    assert message.stop_reason == "end_turn"


@pytest.mark.parametrize("model", ["sim/error-429", "sim/error-401", "sim/error-400", "sim/error-404"])
async def test_the_sdks_know_the_simulators_refusals(simulator: Simulator, model: str) -> None:
    status = int(model[-3:])
    async with openai.AsyncOpenAI(base_url=simulator.base_url("openai"), api_key=KEY, max_retries=0) as sdk:
        with pytest.raises(openai.APIStatusError) as refused:
            await sdk.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}], stream=True)
    assert refused.value.status_code == status
    async with anthropic.AsyncAnthropic(base_url=simulator.base_url("anthropic"), api_key=KEY, max_retries=0) as sdk:
        with pytest.raises(anthropic.APIStatusError) as declined:
            await sdk.messages.create(model=model, max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
    assert declined.value.status_code == status


@pytest.mark.parametrize("provider", CHAT)
def test_what_we_send_fits_the_openai_sdks_types(provider: str) -> None:
    body = encoded(provider)
    assert body.keys() <= get_type_hints(CompletionCreateParamsStreaming).keys()
    assert body["stream_options"].keys() <= get_type_hints(ChatCompletionStreamOptionsParam).keys()
    TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)


def test_what_we_send_fits_the_anthropic_sdks_types() -> None:
    body = encoded("anthropic", "claude-3-haiku-20240307")
    hints = get_type_hints(MessageCreateParamsStreaming)
    assert body.keys() - hints.keys() == OLDER_VERSION
    TypeAdapter(list[MessageParam]).validate_python(body["messages"])
    for name in body.keys() & {"model", "max_tokens", "system", "stream"}:
        TypeAdapter(hints[name]).validate_python(body[name])


def test_the_providers_own_addresses_are_the_sdks() -> None:
    assert str(openai.OpenAI(api_key="x").base_url).rstrip("/") == PROVIDERS["openai"].base_url
    assert str(anthropic.Anthropic(api_key="x").base_url).rstrip("/") == PROVIDERS["anthropic"].base_url
