"""Asking providers what they billed for the runs that were broken off, until they have told or it is given up.

Every process asks; a row is taken by one of them at a time (see `LookupStore`).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from core.domain.access import require_admin
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.corrections import CostLookup, Outstanding
from core.domain.runs import Payer
from core.engine.engine import Call
from core.errors import LabError, StoreUnavailable
from core.providers.client import ProviderClient
from core.providers.registry import PROVIDERS
from core.services.metrics import Metrics
from core.services.names import provider_name
from core.services.ways import Ways
from core.store.lookups import LookupStore

LOOK_EVERY_S = 5.0
ASKED_AT_ONCE = 16

BILLED_LATER = frozenset(name for name, provider in PROVIDERS.items() if provider.generation_url)
"""The providers that can be asked afterwards what a run cost."""

log = logging.getLogger(__name__)


class Lookups:
    """Corrects estimates by what the providers tell later."""

    def __init__(
        self,
        store: LookupStore,
        client: ProviderClient,
        address_of: Callable[[CostLookup], Call],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`address_of` tells where to ask, and with which key; it may raise `LabError`."""
        self._store = store
        self._client = client
        self._address_of = address_of
        self._now = now
        self.outstanding = Outstanding()
        """How much is to be asked, as it was when this process last looked."""

    def show_in(self, metrics: Metrics) -> None:
        """Show how much is outstanding as gauges."""
        pending, given_up = "Runs whose provider is asked what it billed.", "Runs whose bill was never told."
        metrics.gauge("cost_lookups_pending", pending, lambda: self.outstanding.pending)
        metrics.gauge("cost_lookups_given_up", given_up, lambda: self.outstanding.given_up)

    async def keep_asking(self) -> None:
        """Ask whatever is due, for ever; while the database is away it is put off."""
        while True:
            try:
                while await self.ask_due():
                    pass
                self.outstanding = await asyncio.to_thread(self._store.outstanding)
            except StoreUnavailable as error:
                log.warning("what providers billed is not asked for now: %s", error.message)
            await asyncio.sleep(LOOK_EVERY_S)

    async def ask_due(self) -> int:
        """Ask some of what is due, at once, and return how many that were."""
        due = await asyncio.to_thread(self._store.take, self._now(), ASKED_AT_ONCE)
        await asyncio.gather(*(self._ask(lookup) for lookup in due))
        return len(due)

    def ask_again(self, user: User) -> int:
        """Begin anew with what was given up, and return how much that is. Raises `Forbidden`."""
        require_admin(user)
        begun = self._store.ask_again(Note(user.id, "ask costs", "given up"), self._now())
        self.outstanding = self._store.outstanding()
        return begun

    async def _ask(self, lookup: CostLookup) -> None:
        try:
            call = self._address_of(lookup)
            told = await self._client.billed(call.provider, call.base_url, call.key, lookup.generation_id)
        except LabError as error:
            await self._put_off(lookup, error.message)
            return
        if told is None:
            await self._put_off(lookup, f"{provider_name(lookup.provider)} does not know yet what this run cost.")
        elif await asyncio.to_thread(self._store.settle, lookup, told.usage, told.raw, self._now()):
            log.info("run %s: its provider told what it billed", lookup.run_id)

    async def _put_off(self, lookup: CostLookup, why: str) -> None:
        await asyncio.to_thread(self._store.put_off, lookup, why, self._now())


def address_of(ways: Ways) -> Callable[[CostLookup], Call]:
    """Return what tells where a run is asked about: with the key that paid for it."""

    def address(lookup: CostLookup) -> Call:
        payer = Payer.OWN if lookup.paid_by == Payer.OWN else Payer.LAB
        return ways.paid(lookup.provider, lookup.user_id, payer)

    return address
