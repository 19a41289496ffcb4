"""What must be read out of the streams that real providers sent, whole and byte by byte."""

from decimal import Decimal

import pytest

from core.domain.events import Event, Finished, ReasoningDelta, TextDelta, UsageReported
from core.domain.usage import Usage
from core.providers.dialects import dialect_of
from core.providers.registry import PROVIDERS
from core.settings import ROOT

STREAMS = ROOT.parent / "shared" / "streams"

pytestmark = pytest.mark.skipif(not STREAMS.is_dir(), reason="the recordings are not beside the project")

READ_OUT = {
    "openai-text": ("openai", "stop", Usage(input_tokens=16, output_tokens=300), False),
    "groq-text": ("groq", "stop", Usage(input_tokens=45, output_tokens=662), False),
    "openrouter-reasoning": (
        "openrouter",
        "stop",
        Usage(input_tokens=43, output_tokens=36, reasoning_tokens=13, billed_usd=Decimal("0.000669")),
        True,
    ),
    "anthropic-text": ("anthropic", "end_turn", Usage(input_tokens=12, output_tokens=30), False),
    "anthropic-thinking": ("anthropic", "end_turn", Usage(input_tokens=69, output_tokens=53), True),
}


def decoded(name: str, size: int) -> list[Event]:
    provider = PROVIDERS[READ_OUT[name][0]]
    decoder = dialect_of(provider).decoder(provider)
    data = (STREAMS / f"{name}.sse").read_bytes()
    parts = (data[start : start + size] for start in range(0, len(data), size))
    return [event for part in parts for event in decoder.feed(part)] + decoder.close()


@pytest.mark.parametrize("name", READ_OUT)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_recording_gives_exactly_what_it_says(name: str, size: int) -> None:
    _, reason, usage, reasons = READ_OUT[name]
    events = decoded(name, size)
    assert events[-1] == Finished(reason)
    assert [event.usage for event in events if isinstance(event, UsageReported)][-1] == usage
    assert any(isinstance(event, ReasoningDelta) for event in events) is reasons
    assert any(isinstance(event, TextDelta) for event in events)


@pytest.mark.parametrize("name", READ_OUT)
def test_a_recording_reads_the_same_byte_by_byte(name: str) -> None:
    assert decoded(name, 1) == decoded(name, 1 << 20)


def test_reasoning_is_no_part_of_the_answer() -> None:
    events = decoded("openrouter-reasoning", 1 << 20)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "2 + 2 = 4"
    events = decoded("anthropic-thinking", 1 << 20)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "925 ÷ 5 = 185"
