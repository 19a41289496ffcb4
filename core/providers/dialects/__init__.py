"""The dialects that providers speak: requests out, events in. A dialect is a module of this package."""

from collections.abc import Set
from typing import Protocol

from core.domain.chat import ChatRequest
from core.providers.dialects import chat_completions, messages
from core.providers.dialects.stream import Encoded, StreamDecoder
from core.providers.registry import DialectName, Provider

__all__ = ["Dialect", "Encoded", "StreamDecoder", "dialect_of"]


class Dialect(Protocol):
    """What a dialect does. It knows no network."""

    @property
    def OPTIONAL(self) -> tuple[str, ...]:
        """The fields that a server may refuse and that are then left out, the dearest to lose last."""

    def headers(self, key: str | None) -> dict[str, str]:
        """Return the headers of the dialect, the key among them."""

    def encode(self, provider: Provider, request: ChatRequest, *, without: Set[str] = ...) -> Encoded:
        """Return `request` as the provider wants it, leaving out the fields named in `without`."""

    def decoder(self, provider: Provider, key: str | None = ...) -> StreamDecoder:
        """Return a new decoder for one answer; `key` is hidden in whatever the provider says."""


_DIALECTS: dict[DialectName, Dialect] = {"chat_completions": chat_completions, "messages": messages}


def dialect_of(provider: Provider) -> Dialect:
    """Return the dialect that `provider` speaks."""
    return _DIALECTS[provider.dialect]
