"""The way to the providers: a request out, batches of events in, and a verdict whatever happens.

    encode ─ send (again where that helps) ─ chunks ─ decoder ─ batches of events ─ Finished | Failed

One client serves all runs of a process. It follows no redirect, keeps no cookie and reads no environment.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from ssl import SSLContext
from urllib.parse import quote

import httpx

from core.domain.chat import ChatRequest
from core.domain.events import Event, UsageReported
from core.domain.faults import FaultCode, explain
from core.domain.models import ModelInfo
from core.errors import Unavailable
from core.providers.client_body import Patience, chunks
from core.providers.client_call import Address, Call, Memory, Refused, identity_in, lookup
from core.providers.client_faults import CAUGHT, fault_of
from core.providers.client_wire import Wire
from core.providers.dialects import StreamDecoder
from core.providers.listing import billed_in, models_in
from core.providers.plaintext import Plaintext
from core.providers.registry import Provider

_DRAIN_S = 0.05


class NotTold(Unavailable):
    """A provider that did not tell what it was asked, and why."""

    def __init__(self, message: str, fault: FaultCode) -> None:
        super().__init__(message)
        self.fault = fault


class ProviderClient:
    """Calls providers. Build it on the loop that it serves, and close it there."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        """`tls` replaces the usual trust in certificates."""
        trust = tls or httpx.create_ssl_context()
        self._wire, self._guarded = Wire(trust), Wire(trust, guarded=True)
        self._memory = Memory()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()
        await self._guarded.aclose()

    async def stream(
        self, provider: Provider, base_url: str, key: str | None, request: ChatRequest, *, stall_timeout_s: float
    ) -> AsyncGenerator[list[Event]]:
        """Yield what the provider answers, a batch for each read; the last event of the last batch is `Finished` or
        `Failed`. Raises nothing for what a provider or the network does. Cancelled or closed, it closes its socket."""
        address = Address(provider, base_url, key)
        decoder = address.dialect.decoder(provider, key)
        try:
            async with aclosing(self._batches(address, request, decoder, Patience(stall_timeout_s))) as batches:
                async for events in batches:
                    yield events
            verdict = decoder.close()
        except Refused as refusal:
            verdict = decoder.close(refusal.failed)
        except CAUGHT as error:
            verdict = decoder.close(fault_of(error))
        if verdict:
            yield verdict

    async def list_models(
        self, provider: Provider, base_url: str, key: str | None, *, prove_key: bool = False
    ) -> list[ModelInfo]:
        """Return the models that the provider lists, those alone that can hold a conversation. `prove_key`: also make
        sure that it takes the key for one, where it would show its list to anybody. Raises `NotTold`."""
        if provider.models_url is None:
            return []
        address, wire = Address(provider, base_url, key), self._wire_to(provider)
        try:
            if prove_key and provider.key_url:
                await lookup(wire, address, provider.key_url)
            payload = await lookup(wire, address, provider.models_url)
        except Refused as refusal:
            raise _not_told(provider, refusal) from None
        return models_in(provider, payload, datetime.now(UTC))

    async def billed(
        self, provider: Provider, base_url: str, key: str | None, generation_id: str
    ) -> UsageReported | None:
        """Ask once what a run cost after it was broken off; None if the provider cannot tell, or not yet: it knows only
        a moment later. Raises `NotTold`."""
        if provider.generation_url is None:
            return None
        path = provider.generation_url + quote(generation_id, safe="")
        try:
            told = await lookup(self._wire_to(provider), Address(provider, base_url, key), path)
        except Refused as refusal:
            if refusal.failed.code is FaultCode.UNKNOWN_MODEL:  # which is how a 404 reads: the run is not known there
                return None
            raise _not_told(provider, refusal) from None
        return billed_in(told, generation_id)

    def _wire_to(self, provider: Provider) -> Wire:
        return self._guarded if provider.guarded else self._wire

    async def _batches(
        self, address: Address, request: ChatRequest, decoder: StreamDecoder, patience: Patience
    ) -> AsyncGenerator[list[Event]]:
        call = Call(address, request, self._memory)
        if told := call.notices:
            yield told
        wire = self._wire_to(address.provider)
        async with aclosing(await call.answer(wire, patience)) as response:
            fresh = [notice for notice in call.notices if notice not in told]
            if head := fresh + identity_in(response, Plaintext(address.key)):
                yield head
            patience.renew()
            async with aclosing(chunks(response, patience)) as body:
                async for data in body:
                    heard = decoder.heard
                    if events := decoder.feed(data):
                        yield events
                    if decoder.heard > heard:
                        patience.renew()
                    if decoder.ended:
                        break
                if decoder.complete:
                    await _drain(body)


def _not_told(provider: Provider, refusal: Refused) -> NotTold:
    failed = refusal.failed
    return NotTold(explain(failed.code, provider.display_name, detail=failed.detail), failed.code)


async def _drain(body: AsyncGenerator[bytes]) -> None:
    """Read the little that follows the end, so that the connection can serve the next run."""
    with suppress(*CAUGHT):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in body:
                pass
