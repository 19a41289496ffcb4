"""A run that has ended is settled: beside the others, whatever waits elsewhere, and before the lab is closed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from core.engine.settlement import Settlement
from core.errors import StoreUnavailable
from core.store.spool import Spool
from tests.fixtures.runs import admission, outcome


class FakeLedger:
    """Settles when `meanwhile` returns, and remembers what it settled."""

    def __init__(self, meanwhile=lambda: None):
        self.meanwhile = meanwhile
        self.settled = []
        self._threads = ThreadPoolExecutor()

    def settle(self, ended):
        return self._threads.submit(self._settle, ended)

    def _settle(self, ended):
        self.meanwhile()
        self.settled.append(ended)
        return True


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def endings(count):
    return [outcome(admission()) for _ in range(count)]


async def test_runs_that_end_together_are_settled_together(spool):
    everybody = Barrier(4)
    ledger = FakeLedger(lambda: everybody.wait(5))
    settlement = Settlement(ledger, spool)
    ended = endings(4)
    await asyncio.gather(*map(settlement.settle, ended))
    assert {one.run_id for one in ledger.settled} == {one.run_id for one in ended}
    await settlement.close()


async def test_closing_waits_for_what_was_handed_in_though_nobody_else_does(spool):
    begun, release = Event(), Event()

    def meanwhile():
        begun.set()
        release.wait(5)

    ledger = FakeLedger(meanwhile)
    settlement = Settlement(ledger, spool)
    [ended] = endings(1)
    waiting = asyncio.create_task(settlement.settle(ended))
    await asyncio.to_thread(begun.wait, 5)
    waiting.cancel()
    closing = asyncio.create_task(settlement.close())
    await asyncio.sleep(0)
    release.set()
    await closing
    assert ledger.settled == [ended]


async def test_what_the_ledger_could_not_be_told_is_told_at_the_end(spool):
    def away():
        raise StoreUnavailable("away")

    ledger = FakeLedger(away)
    settlement = Settlement(ledger, spool)
    [ended] = endings(1)
    await settlement.settle(ended)
    assert (spool.depth, ledger.settled) == (1, [])
    ledger.meanwhile = lambda: None
    await settlement.close()
    assert (spool.depth, ledger.settled) == (0, [ended])
