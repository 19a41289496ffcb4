"""Messages: the dialect of Anthropic.

Format: https://docs.anthropic.com/en/api/messages-streaming, API version 2023-06-01.
"""

from collections.abc import Iterable, Set
from itertools import groupby
from typing import Any

from core.domain.chat import ChatRequest, Message
from core.domain.events import Event, ReasoningDelta, TextDelta, UsageReported
from core.domain.usage import Usage
from core.providers.dialects.fields import count_of, object_of, text_of
from core.providers.dialects.stream import Encoded, StreamDecoder, left_out
from core.providers.registry import Provider

OPTIONAL = ("temperature", "top_p")

_VERSION = {"anthropic-version": "2023-06-01"}
_WARMEST = 1.0
_TAKES_BOTH = ("claude-2", "claude-3")
"""Models that accept `temperature` together with `top_p`; all newer ones refuse the pair."""


def headers(key: str | None) -> dict[str, str]:
    """Return the headers of the dialect, the key among them."""
    return _VERSION | ({"x-api-key": key} if key else {})


def encode(provider: Provider, request: ChatRequest, *, without: Set[str] = frozenset()) -> Encoded:
    """Return `request` as the provider wants it, leaving out the fields named in `without`."""
    system, turns = _split(request.messages)
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": turns,
        "stream": True,
    }
    if system:
        body["system"] = system
    sampling, notices = _sampling(provider, request, without)
    return Encoded("/v1/messages", body | sampling, notices)


def decoder(provider: Provider, key: str | None = None) -> StreamDecoder:
    """Return a new decoder for one answer; `key` is hidden in whatever the provider says."""
    return _Decoder(provider, key)


class _Decoder(StreamDecoder):
    """Usage is cumulative: `message_delta` overwrites what `message_start` told, and so does a second start."""

    def __init__(self, provider: Provider, key: str | None = None) -> None:
        super().__init__(provider, key)
        self._raw: dict[str, Any] = {}
        self._stop_reason = ""

    def _take(self, payload: dict[str, Any], out: list[Event]) -> None:
        match payload.get("type"):
            case "content_block_delta":
                _take_block(object_of(payload.get("delta")), out)
            case "content_block_start":
                _take_block(object_of(payload.get("content_block")), out)
            case "message_start":
                self._take_start(object_of(payload.get("message")), out)
            case "message_delta":
                self._take_end(payload, out)
            case "message_stop":
                self._finish(self._stop_reason or "end_turn", out)
            case "error":
                self._fail(payload.get("error"), out)

    def _take_start(self, message: dict[str, Any], out: list[Event]) -> None:
        self._raw = dict(object_of(message.get("usage")))
        self._identify(message.get("id"), message.get("model"), self._raw.get("service_tier"), out)
        self._report(out, partial=True)

    def _take_end(self, payload: dict[str, Any], out: list[Event]) -> None:
        self._stop_reason = text_of(object_of(payload.get("delta")).get("stop_reason")) or self._stop_reason
        told = object_of(payload.get("usage"))
        self._raw |= {name: value for name, value in told.items() if value is not None}
        if told:
            self._report(out, partial=False)

    def _report(self, out: list[Event], *, partial: bool) -> None:
        out.append(UsageReported(_usage(self._raw), self._plain.figures(self._raw), partial))


def _take_block(block: dict[str, Any], out: list[Event]) -> None:
    if text := text_of(block.get("text")):
        out.append(TextDelta(text))
    elif thinking := text_of(block.get("thinking")):
        out.append(ReasoningDelta(thinking))


def _usage(raw: dict[str, Any]) -> Usage:
    """`input_tokens` of this dialect leaves the cache out; the normal form's includes it."""
    cached = count_of(raw.get("cache_read_input_tokens"))
    written = count_of(raw.get("cache_creation_input_tokens"))
    output_tokens = count_of(raw.get("output_tokens"))
    thinking = count_of(object_of(raw.get("output_tokens_details")).get("thinking_tokens"))
    return Usage(
        input_tokens=count_of(raw.get("input_tokens")) + cached + written,
        output_tokens=output_tokens,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=min(thinking, output_tokens),
    )


def _split(messages: Iterable[Message]) -> tuple[str, list[dict[str, str]]]:
    """Return the system messages joined, and the others with neighbours of one role made one.

    A system message alone is sent as the user's: without a turn there is nothing to answer.
    """
    messages = list(messages)
    system = _joined(message for message in messages if message.role == "system")
    turns = [message for message in messages if message.role != "system"]
    if not turns:
        return "", [{"role": "user", "content": system}]
    return system, [{"role": role, "content": _joined(group)} for role, group in groupby(turns, lambda turn: turn.role)]


def _joined(messages: Iterable[Message]) -> str:
    return "\n\n".join(message.content for message in messages if message.content)


def _sampling(provider: Provider, request: ChatRequest, without: Set[str]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the sampling parameters to send, and what to tell about those that were changed or left out."""
    asked = {"temperature": request.temperature} | ({"top_p": request.top_p} if request.top_p != 1 else {})
    if len(asked) == 2 and not request.model.startswith(_TAKES_BOTH):
        without = without | {"temperature"}
    sent = {name: min(value, _WARMEST) for name, value in asked.items() if name not in without}
    lost = [name for name, value in asked.items() if name in without and value != 1]
    notices = [left_out(provider, lost)] if lost else []
    if sent.get("temperature", request.temperature) < request.temperature:
        notices.append(f"{provider.display_name} takes a temperature of at most 1, so 1 was sent.")
    return sent, tuple(notices)
