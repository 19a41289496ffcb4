"""Messages: what is sent to Anthropic, and what is read out of what comes."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat import ChatRequest, Message
from core.domain.events import Event, Failed, Finished, Identified, ReasoningDelta, TextDelta, UsageReported
from core.domain.faults import FaultCode
from core.domain.usage import Usage
from core.providers.dialects.messages import decoder, encode, headers
from core.providers.registry import PROVIDERS

ANTHROPIC = PROVIDERS["anthropic"]
START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude-3-haiku-20240307",
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 85,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    },
}
STOP = {"type": "message_stop"}


def conversation(*turns: tuple[str, str], model: str = "claude-3-haiku-20240307", **parameters: Any) -> ChatRequest:
    messages = tuple(Message(role=role, content=content) for role, content in turns)  # type: ignore[arg-type]
    return ChatRequest(model_id=f"anthropic/{model}", messages=messages, **parameters)


def sse(*payloads: dict[str, Any]) -> bytes:
    return "".join(f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n" for payload in payloads).encode()


def delta(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, **fields}}


def ending(reason: str = "end_turn", **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def read(data: bytes, size: int = 1 << 20) -> list[Event]:
    reading = decoder(ANTHROPIC)
    parts = (data[start : start + size] for start in range(0, len(data), size))
    return [event for part in parts for event in reading.feed(part)] + reading.close()


def reports(events: list[Event]) -> list[UsageReported]:
    return [event for event in events if isinstance(event, UsageReported)]


def test_the_key_goes_as_the_dialect_wants_it() -> None:
    assert headers("sk-ant-1") == {"x-api-key": "sk-ant-1", "anthropic-version": "2023-06-01"}


def test_system_messages_are_joined_and_neighbours_of_one_role_made_one() -> None:
    request = conversation(
        ("system", "Be brief."),
        ("user", "Hello"),
        ("user", "there"),
        ("system", "Be kind."),
        ("assistant", "Hi"),
        ("user", "Bye"),
    )
    encoded = encode(ANTHROPIC, request)
    assert encoded.path == "/v1/messages"
    assert encoded.body == {
        "model": "claude-3-haiku-20240307",
        "max_tokens": 1000,
        "stream": True,
        "system": "Be brief.\n\nBe kind.",
        "temperature": 0.7,
        "messages": [
            {"role": "user", "content": "Hello\n\nthere"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "Bye"},
        ],
    }


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text("ab", max_size=3)), min_size=1))
def test_roles_always_alternate(turns: list[tuple[str, str]]) -> None:
    body = encode(ANTHROPIC, conversation(*turns)).body
    roles = [message["role"] for message in body["messages"]]
    assert roles
    assert all(role != following for role, following in pairwise(roles))
    assert "system" not in roles


def test_a_system_message_alone_is_sent_as_the_users() -> None:
    body = encode(ANTHROPIC, conversation(("system", "Hello"))).body
    assert body["messages"] == [{"role": "user", "content": "Hello"}]
    assert "system" not in body


def test_a_temperature_over_one_is_clamped_and_told() -> None:
    encoded = encode(ANTHROPIC, conversation(("user", "Hi"), temperature=1.5))
    assert encoded.body["temperature"] == 1
    assert encoded.notices == ("Anthropic takes a temperature of at most 1, so 1 was sent.",)
    assert encode(ANTHROPIC, conversation(("user", "Hi"), temperature=1)).notices == ()


def test_top_p_is_sent_only_if_it_is_not_one() -> None:
    assert "top_p" not in encode(ANTHROPIC, conversation(("user", "Hi"), top_p=1)).body
    body = encode(ANTHROPIC, conversation(("user", "Hi"), top_p=0.5)).body
    assert (body["temperature"], body["top_p"]) == (0.7, 0.5)


def test_newer_models_are_not_sent_temperature_together_with_top_p() -> None:
    encoded = encode(ANTHROPIC, conversation(("user", "Hi"), top_p=0.5, model="claude-opus-4-1"))
    assert encoded.body["top_p"] == 0.5
    assert "temperature" not in encoded.body
    assert encoded.notices == ("Anthropic does not accept temperature for this model, so it was left out.",)


def test_input_includes_the_cache_and_the_end_overwrites_the_start() -> None:
    events = read(sse(START, delta("text_delta", text="Hi"), ending(output_tokens=30), STOP))
    first, last = reports(events)
    assert first.partial
    assert first.usage == Usage(input_tokens=100, output_tokens=1, cached_tokens=85, cache_write_tokens=5)
    assert not last.partial
    assert last.usage == Usage(input_tokens=100, output_tokens=30, cached_tokens=85, cache_write_tokens=5)
    assert last.raw["output_tokens"] == 30
    assert events[-1] == Finished("end_turn")


def test_input_that_is_told_again_is_not_added() -> None:
    again = {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": None, "output_tokens": 7}
    assert reports(read(sse(START, ending(**again), STOP)))[-1].usage == Usage(
        input_tokens=100, output_tokens=7, cached_tokens=85, cache_write_tokens=5
    )


def test_a_second_start_replaces_the_first() -> None:
    events = read(sse(START, START, delta("text_delta", text="Hi"), ending(output_tokens=2), STOP))
    assert reports(events)[-1].usage.input_tokens == 100
    assert sum(isinstance(event, Identified) for event in events) == 1


def test_thinking_comes_apart_from_text_and_other_deltas_are_left_out() -> None:
    events = read(
        sse(
            {"type": "ping"},
            delta("thinking_delta", thinking="Hm."),
            delta("signature_delta", signature="abc"),
            delta("input_json_delta", partial_json="{"),
            {"type": "content_block_start", "content_block": {"type": "text", "text": "A"}},
            delta("text_delta", text="B"),
            {"type": "something_new"},
            STOP,
        )
    )
    assert events == [ReasoningDelta("Hm."), TextDelta("A"), TextDelta("B"), Finished("end_turn")]


def test_thinking_tokens_are_part_of_the_output() -> None:
    told = ending(output_tokens=30, output_tokens_details={"thinking_tokens": 20})
    assert reports(read(sse(START, told, STOP)))[-1].usage.reasoning_tokens == 20


def test_a_refusal_is_an_answer_with_its_reason() -> None:
    assert read(sse(START, ending("refusal", output_tokens=1), STOP))[-1] == Finished("refusal")


def test_only_message_stop_completes_an_answer() -> None:
    assert read(sse(START, delta("text_delta", text="Hi"), ending(output_tokens=3)))[-1] == Failed(FaultCode.TRUNCATED)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("overloaded_error", FaultCode.OVERLOADED),
        ("api_error", FaultCode.PROVIDER),
        ("rate_limit_error", FaultCode.RATE_LIMITED),
        ("invalid_request_error", FaultCode.INVALID_REQUEST),
    ],
)
def test_an_error_in_the_stream(kind: str, code: FaultCode) -> None:
    error = {"type": "error", "error": {"type": kind, "message": "Not <i>now</i>"}}
    events = read(sse(START, delta("text_delta", text="Hi"), error))
    assert TextDelta("Hi") in events
    assert events[-1] == Failed(code, "Not now")
    assert read(json.dumps(error).encode()) == [Failed(code, "Not now")]


@given(
    st.sampled_from(["message_start", "message_delta", "content_block_delta", "error", "content_block_start"]),
    st.dictionaries(
        st.sampled_from(["message", "delta", "usage", "error", "content_block"]),
        st.none() | st.integers() | st.text() | st.dictionaries(st.text(max_size=5), st.none() | st.floats()),
    ),
)
def test_nothing_that_a_provider_sends_raises(kind: str, fields: dict[str, Any]) -> None:
    events = read(sse({"type": kind, **fields}, STOP))
    assert isinstance(events[-1], Finished | Failed)


def test_byte_by_byte_is_the_same() -> None:
    data = sse(START, delta("text_delta", text="größer ☃ \u2028 x"), ending(output_tokens=3), STOP)
    data = data.replace(b"\n", b"\r\n")
    assert read(data, size=1) == read(data)
