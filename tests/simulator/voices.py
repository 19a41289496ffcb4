"""How each dialect writes what is said: JSON objects in the shapes of the real providers."""

from itertools import count
from typing import Any

from tests.simulator.script import Script

DONE = "[DONE]"
_ids = count(1)


class Voice:
    """One answer in one dialect. `said` counts its pieces, which are its output tokens."""

    def __init__(self, provider: str, body: dict[str, Any], script: Script) -> None:
        self.provider = provider
        self.model = body["model"]
        self.script = script
        self.said = 0
        self.id = f"{'gen' if provider == 'openrouter' else 'chatcmpl'}-{next(_ids):06d}"
        contents = (message["content"] for message in body["messages"])
        self._input = script.whole("input", sum(len(content.split()) for content in contents))
        self._asks_usage = bool(body.get("stream_options"))

    def opening(self) -> list[Any]:
        """What comes before the first word."""
        raise NotImplementedError

    def piece(self, text: str, *, reasoning: bool = False) -> list[Any]:
        """One word of the answer, or of the reasoning."""
        raise NotImplementedError

    def closing(self) -> list[Any]:
        """What comes after the last word."""
        raise NotImplementedError

    def error(self, message: str, kind: str = "server_error") -> Any:
        """An error in the middle of a stream, or in its place."""
        raise NotImplementedError

    def _reasoned(self) -> int:
        return min(self.script.whole("reasoning", 0), self.said)


class ChatVoice(Voice):
    """Chat Completions."""

    def opening(self) -> list[Any]:
        return [self._chunk({"role": "assistant", "content": ""})]

    def piece(self, text: str, *, reasoning: bool = False) -> list[Any]:
        self.said += 1
        if reasoning:
            name = "reasoning" if self.provider in ("openrouter", "groq") else "reasoning_content"
            return [self._chunk({name: text})]
        return [self._chunk({"refusal" if self.script.behaviour == "declines" else "content": text})]

    def closing(self) -> list[Any]:
        reason = "stop" if self.script.says("finish", otherwise=True) else None
        last = self._chunk({}, reason)
        tail = [last]
        if self.script.says("usage", otherwise=True):
            self._add_usage(last, tail)
        return [*tail, DONE] if self.script.says("done", otherwise=True) else tail

    def error(self, message: str, kind: str = "server_error") -> Any:
        error: dict[str, Any] = {"message": message, "type": kind, "param": None, "code": kind}
        if self.provider == "openrouter":
            error = {"message": message, "code": 502 if kind == "overloaded_error" else 500}
        if self.said == 0:
            return {"error": error}
        return {**self._chunk({"content": ""}, "error"), "error": error}

    def usage(self) -> dict[str, Any]:
        """The usage so far: wholes that contain their parts."""
        usage: dict[str, Any] = {
            "prompt_tokens": self._input,
            "completion_tokens": self.said,
            "total_tokens": self._input + self.said,
        }
        if self.provider != "together":
            cached, written = self.script.whole("cached", 0), self.script.whole("written", 0)
            usage["prompt_tokens_details"] = {"cached_tokens": cached, "cache_write_tokens": written}
            usage["completion_tokens_details"] = {"reasoning_tokens": self._reasoned()}
        if self.provider == "openrouter":
            usage["cost"] = self.script.number("cost", round(self._input * 1e-6 + self.said * 2e-6, 9))
        return usage

    def _add_usage(self, last: dict[str, Any], tail: list[Any]) -> None:
        if self.provider == "groq":
            last["x_groq"] = {"id": "req_1", "usage": self.usage()}
        if self._asks_usage:
            choices = None if self.script.says("null", otherwise=False) else []
            tail.append({**self._chunk({}), "choices": choices, "usage": self.usage()})
        if self.script.says("timings", otherwise=False):
            tail[-1]["timings"] = {"prompt_ms": 12.5, "predicted_per_second": 101.2}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": 1770933892,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        }
        if self.provider == "openai":
            chunk |= {"service_tier": self.script.options.get("tier", "default"), "usage": None}
        return chunk


class MessagesVoice(Voice):
    """Messages."""

    _kind = ""
    _block = -1

    def opening(self) -> list[Any]:
        starts = 2 if self.script.behaviour == "two-starts" else 1
        return [*[self._start()] * starts, {"type": "ping"}]

    def piece(self, text: str, *, reasoning: bool = False) -> list[Any]:
        self.said += 1
        kind = "thinking" if reasoning else "text"
        turn = self._turn_to(kind) if kind != self._kind else []
        delta = {"type": f"{kind}_delta", kind: text}
        return [*turn, {"type": "content_block_delta", "index": self._block, "delta": delta}]

    def closing(self) -> list[Any]:
        reason = "refusal" if self.script.behaviour == "declines" else "end_turn"
        delta: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}}
        if self.script.says("usage", otherwise=True):
            delta["usage"] = self._usage(self.said)
        stop = [{"type": "message_stop"}] if self.script.says("done", otherwise=True) else []
        return [*self._end_block(), delta, *stop]

    def error(self, message: str, kind: str = "api_error") -> Any:
        kind = "api_error" if kind == "server_error" else kind
        return {"type": "error", "error": {"type": kind, "message": message}}

    def _start(self) -> dict[str, Any]:
        message = {"id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": []}
        told = {**self._usage(1), "service_tier": self.script.options.get("tier", "standard")}
        return {"type": "message_start", "message": {**message, "stop_reason": None, "usage": told}}

    def _turn_to(self, kind: str) -> list[Any]:
        ended = self._end_block()
        self._kind, self._block = kind, self._block + 1
        block = {"type": kind, kind: ""} | ({"signature": ""} if kind == "thinking" else {})
        return [*ended, {"type": "content_block_start", "index": self._block, "content_block": block}]

    def _end_block(self) -> list[Any]:
        return [{"type": "content_block_stop", "index": self._block}] if self._kind else []

    def _usage(self, output_tokens: int) -> dict[str, Any]:
        cached, written = self.script.whole("cached", 0), self.script.whole("written", 0)
        return {
            "input_tokens": self._input,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": cached,
            "output_tokens": output_tokens,
        }
