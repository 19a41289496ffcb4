"""Telling the ledger how runs ended: at once where it can be, from the spool where it could not."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from core.domain.runs import Outcome
from core.errors import StoreUnavailable
from core.store.ledger import Ledger
from core.store.spool import Spool

REPLAY_EVERY_S = 5.0
SWEEP_EVERY_S = 60.0
SETTLED_AT_ONCE = 32

log = logging.getLogger(__name__)


class Settlement:
    """Settles each outcome exactly once. Blocking calls go through worker threads, so the loop never waits.

    Settlements have threads of their own: runs that end together are settled together, and none waits for a page.
    """

    def __init__(self, ledger: Ledger, spool: Spool) -> None:
        self._ledger = ledger
        self._spool = spool
        self._threads = ThreadPoolExecutor(SETTLED_AT_ONCE, thread_name_prefix="settlement")

    async def settle(self, outcome: Outcome) -> None:
        """Tell the ledger, or keep the outcome on disk until the ledger can be told."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._settle_or_keep, outcome)

    def keep(self, outcome: Outcome) -> None:
        """Keep the outcome on disk until the ledger can be told. It blocks: for threads. Raises `StoreUnavailable`."""
        self._spool.keep(outcome)

    async def maintain(self) -> None:
        """Replay the spool and sweep up after killed processes, for ever."""
        await asyncio.gather(_repeat(self._replay, REPLAY_EVERY_S), _repeat(self._sweep, SWEEP_EVERY_S))

    async def close(self) -> None:
        """Settle what was handed in, then replay the spool, once; while the database is away it stays there."""
        await asyncio.to_thread(self._threads.shutdown)
        await _attempt(self._replay)

    def _settle_or_keep(self, outcome: Outcome) -> None:
        try:
            self._ledger.settle(outcome)
        except StoreUnavailable:
            log.warning("run %s: the database is away, its settlement is kept in the spool", outcome.run_id)
            self.keep(outcome)

    def _replay(self) -> None:
        if self._spool.depth:
            log.info("settled %d runs from the spool", self._spool.replay(self._ledger.settle))

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
