"""What the dialects share: a request as it goes out, and the way from bytes to typed events.

A decoder makes one verdict, its last event: `Finished` if the dialect said that the answer is complete, else `Failed`.
It raises nothing for what a provider sends, however odd.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.events import Event, Failed, Finished, Identified, Noticed
from core.domain.faults import FaultCode
from core.providers.dialects.fields import text_of
from core.providers.plaintext import Plaintext
from core.providers.refusals import reported
from core.providers.registry import Provider
from core.providers.sse import EventTooLarge, SSEDecoder

_UNREADABLE = "Part of what the provider sent could not be read and was left out."
_MENDED = "Some characters arrived damaged and are shown as \N{REPLACEMENT CHARACTER}."
_TRUNCATED = Failed(FaultCode.TRUNCATED)
_parse = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request as a dialect writes it. `notices` tell the user what was changed or left out, a sentence each."""

    path: str
    body: dict[str, Any]
    notices: tuple[str, ...] = ()


class StreamDecoder(ABC):
    """Bytes of one answer -> events. Feed it until `ended`, then or at the end of the stream close it."""

    def __init__(self, provider: Provider, key: str | None = None) -> None:
        self.provider = provider
        self.ended = False
        """Whether the verdict was given."""
        self.complete = False
        """Whether the verdict was `Finished`."""
        self.heard = 0
        """Grows whenever more than comments came."""
        self._plain = Plaintext(key)
        self._sse = SSEDecoder()
        self._reason: str | None = None
        self._identity: Identified | None = None
        self._streams = False
        self._unreadable = False
        self._mended = False

    def feed(self, data: bytes) -> list[Event]:
        """Return what `data` says. Nothing more comes once `ended`."""
        out: list[Event] = []
        if self.ended:
            return out
        try:
            events = self._sse.feed(data)
        except EventTooLarge:
            return self.close(Failed(FaultCode.TOO_LARGE))
        self.heard += len(events) + self._sse.gathers
        self._streams = self._streams or bool(events)
        for event in events:
            self._read(event.data, out)
            if self.ended:
                break
        if self._sse.mended and not self._mended:
            self._mended = True
            out.insert(0, Noticed(_MENDED))
        return out

    def close(self, otherwise: Failed = _TRUNCATED) -> list[Event]:
        """Return the verdict, unless it was given: complete if the dialect said so, else `otherwise`."""
        if self.ended:
            return []
        out: list[Event] = []
        if not self._streams:
            self._read_plain_body(self._sse.close().lstrip(), out)
        if not self.ended:
            self._conclude(otherwise, out)
        return out

    @abstractmethod
    def _take(self, payload: dict[str, Any], out: list[Event]) -> None:
        """Append to `out` what one JSON object says."""

    def _says_done(self, data: str) -> bool:
        """Return whether `data`, which is no JSON, is how the dialect ends a stream."""
        return False

    def _read(self, data: str, out: list[Event]) -> None:
        try:
            payload = _parse(data)
        except (ValueError, RecursionError):
            payload = None
        if type(payload) is dict:
            self._take(payload, out)
        elif self._says_done(data):
            self._finish(self._reason or "done", out)
        else:
            self._miss(out)

    def _read_plain_body(self, body: bytes, out: list[Event]) -> None:
        """Read a JSON object that came in place of a stream; a page of HTML is nobody's answer."""
        text = body.decode("utf-8-sig", "replace")
        if text.startswith("{"):
            self._read(text, out)
            self._unreadable = True
        elif text.startswith("<"):
            out.append(Failed(FaultCode.PROTOCOL, self._plain(text)))
            self.ended = True

    def _conclude(self, otherwise: Failed, out: list[Event]) -> None:
        if self._reason is not None:
            self._finish(self._reason, out)
            return
        protocol = self._unreadable and otherwise is _TRUNCATED
        out.append(Failed(FaultCode.PROTOCOL) if protocol else otherwise)
        self.ended = True

    def _miss(self, out: list[Event]) -> None:
        if not self._unreadable:
            self._unreadable = True
            out.append(Noticed(_UNREADABLE))

    def _finish(self, reason: str, out: list[Event]) -> None:
        out.append(Finished(self._plain(reason, 50)))
        self.ended = self.complete = True

    def _fail(self, error: Any, out: list[Event]) -> None:
        out.append(reported(error, self._plain))
        self.ended = True

    def _identify(self, generation_id: Any, model: Any, service_tier: Any, out: list[Event]) -> None:
        """Tell the provider's names once, and again when they change."""
        identity = Identified(self._name(generation_id), self._name(model), self._name(service_tier, 50))
        if identity not in (self._identity, Identified()):
            self._identity = identity
            out.append(identity)

    def _name(self, value: Any, limit: int = 200) -> str | None:
        return self._plain(text_of(value), limit) or None


def left_out(provider: Provider, names: Sequence[str]) -> str:
    """Return the sentence that tells the user which parameters were not sent."""
    was = "it was" if len(names) == 1 else "they were"
    return f"{provider.display_name} does not accept {' and '.join(names)} for this model, so {was} left out."
