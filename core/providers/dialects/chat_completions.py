"""Chat Completions: the dialect of OpenAI, OpenRouter, Groq, Together and every local server.

Format: https://platform.openai.com/docs/api-reference/chat-streaming and what the others add to it:
`reasoning`, `usage.cost` (OpenRouter), `x_groq` (Groq), `reasoning_content`, `timings` (llama.cpp).
"""

from collections.abc import Set
from typing import Any

from core.domain.chat import ChatRequest
from core.domain.events import Event, ReasoningDelta, TextDelta, UsageReported
from core.domain.usage import Usage
from core.providers.dialects.fields import count_of, dollars, object_of, text_of
from core.providers.dialects.stream import Encoded, StreamDecoder, left_out
from core.providers.registry import Provider

OPTIONAL = ("stream_options", "temperature", "top_p")


def headers(key: str | None) -> dict[str, str]:
    """Return the headers of the dialect, the key among them."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def encode(provider: Provider, request: ChatRequest, *, without: Set[str] = frozenset()) -> Encoded:
    """Return `request` as the provider wants it, leaving out the fields named in `without`."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        provider.output_limit: request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if provider.unsampled and request.model.startswith(provider.unsampled):
        without = without | {"temperature", "top_p"}
    kept = {name: value for name, value in body.items() if name not in without}
    return Encoded("/chat/completions", kept, _notices(provider, request, without))


def decoder(provider: Provider, key: str | None = None) -> StreamDecoder:
    """Return a new decoder for one answer; `key` is hidden in whatever the provider says."""
    return _Decoder(provider, key)


class _Decoder(StreamDecoder):
    def _take(self, payload: dict[str, Any], out: list[Event]) -> None:
        if self._identity is None or payload.get("usage"):
            self._identify(payload.get("id"), payload.get("model"), payload.get("service_tier"), out)
        choices = payload.get("choices")
        if type(choices) is list and choices:
            self._take_choice(object_of(choices[0]), out)
        groq = object_of(payload.get("x_groq"))
        raw = object_of(payload.get("usage")) or object_of(groq.get("usage"))
        if raw:
            self._take_usage(raw, payload, out)
        if error := payload.get("error") or groq.get("error") or (self._reason == "error"):
            self._fail(error, out)

    def _take_choice(self, choice: dict[str, Any], out: list[Event]) -> None:
        delta = object_of(choice.get("delta")) or object_of(choice.get("message"))
        if reasoning := text_of(delta.get("reasoning") or delta.get("reasoning_content")):
            out.append(ReasoningDelta(reasoning))
        if text := text_of(delta.get("content") or delta.get("refusal")):
            out.append(TextDelta(text))
        if reason := choice.get("finish_reason"):
            self._reason = text_of(reason)

    def _take_usage(self, raw: dict[str, Any], payload: dict[str, Any], out: list[Event]) -> None:
        usage = _usage(raw, billed=self.provider.bills_in_usage)
        timings = object_of(payload.get("timings"))
        out.append(UsageReported(usage, self._plain.figures(raw | {"timings": timings} if timings else raw)))

    def _says_done(self, data: str) -> bool:
        return data.strip() == "[DONE]"


def _usage(raw: dict[str, Any], *, billed: bool) -> Usage:
    """The wholes contain their parts already; a part larger than its whole is cut to it."""
    inside, outside = object_of(raw.get("prompt_tokens_details")), object_of(raw.get("completion_tokens_details"))
    input_tokens, output_tokens = count_of(raw.get("prompt_tokens")), count_of(raw.get("completion_tokens"))
    cached = min(count_of(inside.get("cached_tokens")), input_tokens)
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached,
        cache_write_tokens=min(count_of(inside.get("cache_write_tokens")), input_tokens - cached),
        reasoning_tokens=min(count_of(outside.get("reasoning_tokens")), output_tokens),
        billed_usd=dollars(raw.get("cost")) if billed else None,
    )


def _notices(provider: Provider, request: ChatRequest, without: Set[str]) -> tuple[str, ...]:
    lost = [name for name in ("temperature", "top_p") if name in without and getattr(request, name) != 1]
    return (left_out(provider, lost),) if lost else ()
