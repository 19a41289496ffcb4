"""Telling the ledger how runs ended: at once where it can be, from the spool where it could not."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import UTC, datetime

from core.domain.runs import Outcome
from core.errors import StoreUnavailable
from core.futures import then
from core.store.ledger import Ledger
from core.store.spool import Spool

REPLAY_EVERY_S = 5.0
SWEEP_EVERY_S = 60.0

log = logging.getLogger(__name__)


class Settlement:
    """Settles each outcome exactly once. Nothing here holds up the loop."""

    def __init__(self, ledger: Ledger, spool: Spool) -> None:
        self._ledger = ledger
        self._spool = spool
        self._under_way: set[Future[None]] = set()

    async def settle(self, outcome: Outcome) -> None:
        """Tell the ledger, or keep the outcome on disk until the ledger can be told."""
        settled = then(self._ledger.settle(outcome), lambda told: self._keep_unless(told, outcome))
        self._under_way.add(settled)
        settled.add_done_callback(self._under_way.discard)
        await asyncio.wrap_future(settled)

    def keep(self, outcome: Outcome) -> None:
        """Keep the outcome on disk until the ledger can be told. It blocks: for threads. Raises `StoreUnavailable`."""
        self._spool.keep(outcome)

    async def maintain(self) -> None:
        """Replay the spool and sweep up after killed processes, for ever."""
        await asyncio.gather(_repeat(self._replay, REPLAY_EVERY_S), _repeat(self._sweep, SWEEP_EVERY_S))

    async def close(self) -> None:
        """Settle what was handed in, then replay the spool, once; while the database is away it stays there."""
        await asyncio.to_thread(wait, set(self._under_way))
        await _attempt(self._replay)

    def _keep_unless(self, told: Callable[[], bool], outcome: Outcome) -> None:
        try:
            told()
        except StoreUnavailable:
            log.warning("run %s: the database is away, its settlement is kept in the spool", outcome.run_id)
            self.keep(outcome)

    def _replay(self) -> None:
        if self._spool.depth:
            log.info("settled %d runs from the spool", self._spool.replay(self._settled))

    def _settled(self, outcome: Outcome) -> bool:
        return self._ledger.settle(outcome).result()

    def _sweep(self) -> None:
        if swept := self._ledger.sweep(datetime.now(UTC)):
            log.warning("settled %d runs whose process was killed, by estimate", swept)


async def _repeat(work: Callable[[], None], every_s: float) -> None:
    while True:
        await _attempt(work)
        await asyncio.sleep(every_s)


async def _attempt(work: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(work)
    except StoreUnavailable as error:
        log.warning("the database is away: %s", error.message)
