"""One call to a provider, up to the moment when its answer begins: what is sent, and when it is sent again.

Sent again once, after a moment, if the provider is overloaded; and without a field that it names in a 400, field by
field. What a model refused is remembered, so that it is not offered the same again.
"""

import asyncio
import json
import random
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from core.domain.chat import ChatRequest
from core.domain.events import Event, Failed, Identified, Noticed
from core.domain.faults import FaultCode
from core.providers.client_body import Patience, whole
from core.providers.client_faults import CAUGHT, fault_of
from core.providers.client_wire import Wire
from core.providers.dialects import Dialect, Encoded, dialect_of
from core.providers.plaintext import Plaintext
from core.providers.refusals import refused
from core.providers.registry import Provider

RETRIED = frozenset({502, 503, 529})
PAUSE_S = (0.2, 0.6)
LOOKUP_TIMEOUT_S = 15.0
MAX_REFUSAL_BYTES = 64 * 1024
"""How much of a refusal is read: enough for any sentence."""

_MOST_REMEMBERED = 1000
_BAD_KEY = Failed(FaultCode.BAD_KEY, "The key holds characters that no key has.")


class Refused(Exception):
    """The provider did not begin to answer."""

    def __init__(self, failed: Failed) -> None:
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Address:
    """Where a provider is called, and with which key."""

    provider: Provider
    base_url: str
    key: str | None = None

    @property
    def dialect(self) -> Dialect:
        """The dialect spoken there."""
        return dialect_of(self.provider)

    def url(self, path: str) -> str:
        """Return the whole URL of `path`."""
        return self.base_url.rstrip("/") + path

    def headers(self) -> dict[str, str]:
        """Return the headers of every request to it. Raises `Refused` if the key cannot stand in a header."""
        key = (self.key or "").strip()
        if not (key.isascii() and key.isprintable()):
            raise Refused(_BAD_KEY)
        return {**self.provider.headers, **self.dialect.headers(key)}


@dataclass(slots=True)
class Memory:
    """Which fields a model refused, by the model and the fields that it was offered."""

    _refused: dict[tuple[str, frozenset[str]], frozenset[str]] = field(default_factory=dict)

    def of(self, model_id: str, offered: frozenset[str]) -> frozenset[str]:
        """Return the fields to leave out."""
        return self._refused.get((model_id, offered), frozenset())

    def keep(self, model_id: str, offered: frozenset[str], without: frozenset[str]) -> None:
        """Remember what was left out when the provider accepted."""
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[model_id, offered] = without


class Call:
    """One request and its tries. It changes between them, and `notices` with it."""

    def __init__(self, address: Address, request: ChatRequest, memory: Memory) -> None:
        self._address = address
        self._request = request
        self._memory = memory
        self._encoded = self._encode(frozenset())
        self._offered = self._optional(self._encoded)
        self._without = memory.of(request.model_id, self._offered)
        if self._without:
            self._encoded = self._encode(self._without)

    @property
    def notices(self) -> list[Event]:
        """What was changed or left out of the request as it is now."""
        return [Noticed(message) for message in self._encoded.notices]

    async def answer(self, wire: Wire, patience: Patience) -> httpx.Response:
        """Return the response whose body is the answer; the caller closes it. Raises `Refused` and `CAUGHT`."""
        may_pause = True
        while True:
            response = await self._send(wire, patience)
            if response.is_success:
                self._remember()
                return response
            body = await _refusal_of(response, patience)
            if response.status_code in RETRIED and may_pause:
                may_pause = False
                await asyncio.sleep(random.uniform(*PAUSE_S))
            elif response.status_code != 400 or not self._give_in(body):
                plain = Plaintext(self._address.key)
                raise Refused(refused(response.status_code, response.headers, body, plain, datetime.now(UTC)))

    async def _send(self, wire: Wire, patience: Patience) -> httpx.Response:
        url, headers = self._address.url(self._encoded.path), self._address.headers()
        body = json.dumps(self._encoded.body, ensure_ascii=False).encode()
        patience.renew()
        with patience:
            return await wire.send("POST", url, {"content-type": "application/json", **headers}, body)

    def _give_in(self, body: bytes) -> bool:
        """Leave out the first field that the refusal names; return whether there was one."""
        named = [
            name for name in self._address.dialect.OPTIONAL if name in self._encoded.body and name.encode() in body
        ]
        if not named:
            return False
        self._without |= {named[0]}
        self._encoded = self._encode(self._without)
        return True

    def _remember(self) -> None:
        if self._without != self._memory.of(self._request.model_id, self._offered):
            self._memory.keep(self._request.model_id, self._offered, self._without)

    def _encode(self, without: frozenset[str]) -> Encoded:
        return self._address.dialect.encode(self._address.provider, self._request, without=without)

    def _optional(self, encoded: Encoded) -> frozenset[str]:
        return frozenset(name for name in self._address.dialect.OPTIONAL if name in encoded.body)


async def lookup(wire: Wire, address: Address, path: str) -> Any:
    """Return the JSON at `path`. Raises `Refused` for whatever goes wrong."""
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_S):
            response = await wire.send("GET", address.url(path), address.headers())
            async with aclosing(response):
                body = await whole(response, Patience(LOOKUP_TIMEOUT_S))
    except CAUGHT as error:
        raise Refused(fault_of(error)) from error
    if not response.is_success:
        raise Refused(refused(response.status_code, response.headers, body, Plaintext(address.key), datetime.now(UTC)))
    return _json_of(body)


def identity_in(response: httpx.Response, plain: Plaintext) -> list[Event]:
    """Return the run's id at the provider, where a header tells it (OpenRouter)."""
    generation_id = response.headers.get("x-generation-id")
    return [Identified(generation_id=plain(generation_id, 200))] if generation_id else []


async def _refusal_of(response: httpx.Response, patience: Patience) -> bytes:
    """Return the body of a refusal as far as it comes; its status says enough without it."""
    async with aclosing(response):
        try:
            return await whole(response, patience, MAX_REFUSAL_BYTES)
        except CAUGHT:
            return b""


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(Failed(FaultCode.PROTOCOL)) from None
