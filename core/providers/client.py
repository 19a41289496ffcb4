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

from core.domain.chat import ChatRequest
from core.domain.events import Event, UsageReported
from core.domain.faults import explain
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

ASK_AGAIN_S = (0.3, 0.7, 2.0, 3.0, 4.0)
"""The pauses before each time that the cost of a run is asked for."""

_DRAIN_S = 0.05


class ProviderClient:
    """Calls providers. Build it on the loop that it serves, and close it there."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        """`tls` replaces the usual trust in certificates."""
        self._wire = Wire(tls)
        self._memory = Memory()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

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

    async def list_models(self, provider: Provider, base_url: str, key: str | None) -> list[ModelInfo]:
        """Return the models that the provider lists, those alone that can hold a conversation. Raises `Unavailable`."""
        if provider.models_url is None:
            return []
        try:
            payload = await lookup(self._wire, Address(provider, base_url, key), provider.models_url)
        except Refused as refusal:
            failed = refusal.failed
            raise Unavailable(explain(failed.code, provider.display_name, detail=failed.detail)) from None
        return models_in(provider, payload, datetime.now(UTC))

    async def billed(
        self, provider: Provider, base_url: str, key: str | None, generation_id: str
    ) -> UsageReported | None:
        """Ask what a run cost after it was broken off; None if the provider cannot tell. It takes up to ten seconds:
        the provider knows only a moment later."""
        if provider.generation_url is None:
            return None
        address = Address(provider, base_url, key)
        path = provider.generation_url + quote(generation_id, safe="")
        for pause in ASK_AGAIN_S:
            await asyncio.sleep(pause)
            with suppress(Refused):
                if told := billed_in(await lookup(self._wire, address, path)):
                    return told
        return None

    async def _batches(
        self, address: Address, request: ChatRequest, decoder: StreamDecoder, patience: Patience
    ) -> AsyncGenerator[list[Event]]:
        call = Call(address, request, self._memory)
        if told := call.notices:
            yield told
        async with aclosing(await call.answer(self._wire, patience)) as response:
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


async def _drain(body: AsyncGenerator[bytes]) -> None:
    """Read the little that follows the end, so that the connection can serve the next run."""
    with suppress(*CAUGHT):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in body:
                pass
