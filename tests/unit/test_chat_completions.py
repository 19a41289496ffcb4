"""Chat Completions: what is sent to whom, and what is read out of what comes."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat import ChatRequest, Message
from core.domain.events import (
    Event,
    Failed,
    Finished,
    Identified,
    Noticed,
    ReasoningDelta,
    TextDelta,
    UsageReported,
)
from core.domain.faults import FaultCode
from core.domain.usage import Usage
from core.providers.dialects.chat_completions import decoder, encode
from core.providers.registry import PROVIDERS

DONE = "[DONE]"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def request(model_id: str = "openai/gpt-4o-mini", **parameters: Any) -> ChatRequest:
    return ChatRequest(model_id=model_id, messages=(Message(role="user", content="Hello"),), **parameters)


def sse(*payloads: Any) -> bytes:
    texts = (payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads)
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def said(delta: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def read(data: bytes, provider: str = "openai", size: int = 1 << 20) -> list[Event]:
    reading = decoder(PROVIDERS[provider])
    parts = (data[start : start + size] for start in range(0, len(data), size))
    return [event for part in parts for event in reading.feed(part)] + reading.close()


def usage_in(events: list[Event]) -> Usage:
    return [event.usage for event in events if isinstance(event, UsageReported)][-1]


@pytest.mark.parametrize("provider", ["openrouter", "groq", "together", "local"])
def test_everybody_but_openai_is_sent_max_tokens(provider: str) -> None:
    body = encode(PROVIDERS[provider], request(f"{provider}/m", max_tokens=7)).body
    assert body["max_tokens"] == 7
    assert "max_completion_tokens" not in body


def test_openai_is_sent_max_completion_tokens_and_asked_for_usage() -> None:
    encoded = encode(PROVIDERS["openai"], request(max_tokens=7, temperature=0.2, top_p=0.9))
    assert encoded.path == "/chat/completions"
    assert encoded.notices == ()
    assert encoded.body == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hello"}],
        "max_completion_tokens": 7,
        "temperature": 0.2,
        "top_p": 0.9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("model", ["o1", "o1-mini", "o3-mini", "o4-mini", "gpt-5", "gpt-5.4-nano"])
def test_reasoning_models_are_not_sent_what_they_refuse_and_the_user_is_told(model: str) -> None:
    encoded = encode(PROVIDERS["openai"], request(f"openai/{model}", temperature=0.2, top_p=0.9))
    assert not {"temperature", "top_p"} & encoded.body.keys()
    assert encoded.notices == ("OpenAI does not accept temperature and top_p for this model, so they were left out.",)
    assert encode(PROVIDERS["openai"], request(f"openai/{model}", temperature=1)).notices == ()


def test_a_field_that_is_not_wanted_is_left_out() -> None:
    encoded = encode(PROVIDERS["local"], request("local/m"), without={"stream_options"})
    assert "stream_options" not in encoded.body
    assert encoded.notices == ()


def test_text_reasoning_and_refusals_come_apart() -> None:
    events = read(
        sse(
            said({"role": "assistant", "content": ""}),
            said({"reasoning": "Hm. "}),
            said({"reasoning_content": "Well."}),
            said({"content": "Yes."}),
            said({"refusal": " No."}),
            said({}, "stop"),
            DONE,
        )
    )
    assert events == [
        ReasoningDelta("Hm. "),
        ReasoningDelta("Well."),
        TextDelta("Yes."),
        TextDelta(" No."),
        Finished("stop"),
    ]


def test_names_are_told_once_and_again_when_the_price_tier_changes() -> None:
    names = {"id": "c-1", "model": "gpt-4o-mini-2024-07-18", "service_tier": "auto"}
    events = read(
        sse(
            said({"content": "a"}, **names), said({"content": "b"}, **names), {**names, "service_tier": "default"}, DONE
        )
    )
    assert [event for event in events if isinstance(event, Identified)] == [Identified(**_renamed(names))]
    last = {**names, "service_tier": "default", "choices": [], "usage": {"prompt_tokens": 1}}
    assert Identified("c-1", names["model"], "default") in read(sse(said({"content": "a"}, **names), last, DONE))


def _renamed(names: dict[str, str]) -> dict[str, str]:
    return {"generation_id": names["id"], "model": names["model"], "service_tier": names["service_tier"]}


@pytest.mark.parametrize("choices", [[], None])
def test_parts_are_never_added_to_their_wholes(choices: Any) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    events = read(sse(said({"content": "a"}, usage=None), said({}, "stop"), {"choices": choices, "usage": usage}, DONE))
    assert usage_in(events) == Usage(
        input_tokens=100, output_tokens=50, cached_tokens=80, cache_write_tokens=10, reasoning_tokens=30
    )
    assert events[-1] == Finished("stop")


def test_a_part_larger_than_its_whole_is_cut_to_it() -> None:
    usage = {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9, "cache_write_tokens": 3}}
    assert usage_in(read(sse({"usage": usage}, DONE))) == Usage(input_tokens=5, cached_tokens=5)


@pytest.mark.parametrize("cost", ["0.000669", "0.0000012345", "1e-07", "0", "12.5"])
def test_what_openrouter_billed_is_kept_to_the_last_digit(cost: str) -> None:
    data = b'data: {"usage": {"prompt_tokens": 3, "completion_tokens": 4, "cost": %s}}\n\n' % cost.encode()
    assert usage_in(read(data, "openrouter")).billed_usd == Decimal(cost)
    assert usage_in(read(data, "openai")).billed_usd is None


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "-1", "true", '"much"', "[1]"])
def test_a_cost_that_is_no_amount_is_none(cost: str) -> None:
    data = b'data: {"usage": {"prompt_tokens": 3, "cost": %s}}\n\n' % cost.encode()
    assert usage_in(read(data, "openrouter")).billed_usd is None


def test_groq_tells_its_usage_twice_and_it_counts_once() -> None:
    usage = {"prompt_tokens": 45, "completion_tokens": 662}
    events = read(sse(said({}, "stop", x_groq={"usage": usage}, usage=usage), DONE), "groq")
    assert [event.usage for event in events if isinstance(event, UsageReported)] == [
        Usage(input_tokens=45, output_tokens=662)
    ]
    assert usage_in(read(sse(said({}, "stop", x_groq={"usage": usage}), DONE), "groq")).output_tokens == 662


def test_groq_stopping_early_is_a_failure() -> None:
    events = read(sse(said({"content": "a"}), {"x_groq": {"error": "over capacity"}}), "groq")
    assert events == [TextDelta("a"), Failed(FaultCode.PROVIDER, "over capacity")]


def test_the_timings_of_llama_cpp_are_kept_with_the_raw_usage() -> None:
    timings = {"prompt_ms": 12.5, "predicted_per_second": 101.5}
    events = read(sse({"choices": [], "usage": {"prompt_tokens": 1}, "timings": timings}, DONE), "local")
    assert [event.raw["timings"] for event in events if isinstance(event, UsageReported)] == [timings]


def test_an_error_after_text_keeps_the_text_and_the_usage() -> None:
    error = {"error": {"code": 502, "message": "upstream <b>died</b>"}, "usage": {"prompt_tokens": 9, "cost": 0.01}}
    events = read(sse(said({"content": "so far"}), {**said({"content": ""}, "error"), **error}, DONE), "openrouter")
    assert events[0] == TextDelta("so far")
    assert usage_in(events).billed_usd == Decimal("0.01")
    assert events[-1] == Failed(FaultCode.OVERLOADED, "upstream died")


@pytest.mark.parametrize(
    "error",
    [{"message": "no", "type": "server_error", "code": None}, "no", {"message": "no", "code": 500}],
)
def test_an_error_as_json_in_place_of_a_stream(error: Any) -> None:
    body = json.dumps({"error": error}, indent=1).encode()
    assert read(body) == [Failed(FaultCode.PROVIDER, "no")]
    assert read(body, size=1) == [Failed(FaultCode.PROVIDER, "no")]


def test_a_whole_answer_as_json_in_place_of_a_stream_is_read() -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
    events = read(json.dumps(body).encode())
    assert events[0] == TextDelta("Hi")
    assert events[-1] == Finished("stop")


def test_a_page_in_place_of_a_stream_is_a_protocol_fault() -> None:
    assert read(b"<!doctype html><title>x</title><h1>Bad gateway</h1>") == [Failed(FaultCode.PROTOCOL, "Bad gateway")]


@pytest.mark.parametrize("end", [(said({}, "length"),), (DONE,), (said({}, "length"), DONE)])
def test_the_answer_is_complete_when_the_dialect_says_so(end: tuple[Any, ...]) -> None:
    events = read(sse(said({"content": "a"}), *end))
    assert events == [TextDelta("a"), Finished("length" if end[0] != DONE else "done")]


@pytest.mark.parametrize("data", [b"", sse(said({"content": "a"})), sse(said({"content": "a"})) + b'data: {"cho'])
def test_the_end_of_the_body_alone_does_not_complete_an_answer(data: bytes) -> None:
    events = read(data)
    assert events[-1] == Failed(FaultCode.TRUNCATED)
    assert not any(isinstance(event, Finished) for event in events)


def test_nothing_is_read_after_the_verdict() -> None:
    reading = decoder(PROVIDERS["openai"])
    assert reading.feed(sse(DONE, said({"content": "late"}))) == [Finished("done")]
    assert reading.ended
    assert reading.feed(sse(said({"content": "later"}))) == []
    assert reading.close() == []


def test_a_broken_connection_after_the_finish_reason_loses_nothing() -> None:
    reading = decoder(PROVIDERS["openai"])
    reading.feed(sse(said({"content": "a"}), said({}, "stop")))
    assert reading.close(Failed(FaultCode.NETWORK)) == [Finished("stop")]


@pytest.mark.parametrize("odd", ['{"choices": [', "null", "[1]", "[" * 20_000, "1" * 10_000])
def test_an_event_that_is_no_json_object_is_told_and_fatal_only_without_an_end(odd: str) -> None:
    (notice,) = (event for event in read(sse(said({"content": "a"}), odd)) if isinstance(event, Noticed))
    assert "could not be read" in notice.message
    assert read(sse(said({"content": "a"}), odd))[-1] == Failed(FaultCode.PROTOCOL)
    assert read(sse(said({"content": "a"}), odd, odd, said({}, "stop"))) == [TextDelta("a"), notice, Finished("stop")]


def test_an_event_over_the_limit_ends_the_run() -> None:
    data = sse(said({"content": "a"})) + b"data: " + b"x" * (5 << 20)
    assert read(data, size=1 << 14) == [TextDelta("a"), Failed(FaultCode.TOO_LARGE)]


def test_damaged_characters_are_replaced_and_told_once() -> None:
    data = sse(said({"content": "caf@"}), said({"content": "@"}), DONE).replace(b"@", b"\xe9")
    for size in (1, 1 << 20):
        events = read(data, size=size)
        assert sum(isinstance(event, Noticed) for event in events) == 1
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "caf\ufffd\ufffd"


def test_what_cannot_be_kept_is_cleaned_out_of_the_text() -> None:
    events = read(b'data: {"choices":[{"delta":{"content":"a\\u0000b\\ud800"}}]}\n\ndata: [DONE]\n\n')
    assert events[0] == TextDelta("ab\ufffd")


@given(st.dictionaries(st.sampled_from(["choices", "usage", "error", "x_groq", "id", "timings", "model"]), JSON))
def test_nothing_that_a_provider_sends_raises(payload: dict[str, Any]) -> None:
    events = read(sse(payload, said({"content": "a"}, "stop"), DONE), "openrouter")
    assert isinstance(events[-1], Finished | Failed)
    json.dumps([event.raw for event in events if isinstance(event, UsageReported)], allow_nan=False)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), max_size=6),
    st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
def test_any_split_gives_the_same_text(texts: list[str], sizes: list[int]) -> None:
    payloads = [json.dumps(said({"content": text}), ensure_ascii=False) for text in texts]
    data = sse(*payloads, DONE)
    reading, events, position = decoder(PROVIDERS["openai"]), [], 0
    while position < len(data):
        size = sizes[position % len(sizes)]
        events += reading.feed(data[position : position + size])
        position += size
    assert events == read(data) == [*map(TextDelta, texts), Finished("done")]
