"""The engine: owns every call to a provider, from its first byte to its settlement.

One task a run, on the loop that the engine was given. Inside it, a second task reads the provider; Stop, the deadline
and an abandoned page end that one, which closes the socket at once, and the first goes on to settle the run. So there
is no way for a run to end unsettled, however it ends.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from time import monotonic
from uuid import UUID

from core.domain.events import Failed
from core.domain.faults import FaultCode
from core.domain.pricing import Prices, PriceSource
from core.domain.runs import Admission, Outcome, Payer, RunEnded, RunOrigin
from core.engine.live_run import LiveRun
from core.engine.settlement import Settlement
from core.engine.tally import Tally
from core.errors import StoreUnavailable, Unavailable, described
from core.providers.client import ProviderClient
from core.providers.pricelist import prices_for
from core.providers.registry import Provider

KEPT_AFTER_END_S = 60.0
WATCH_EVERY_S = 0.5
GATHER_FOR_PAGES_S = 0.06
MOST_CHARACTERS = 5_000_000
"""The longest answer, its reasoning included: more than any model writes, and what the ledger can take in one go."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The engine's times, in seconds: a run's deadline, a provider's longest silence, a page's absence."""

    deadline_s: float
    stall_s: float
    abandon_s: float


@dataclass(frozen=True, slots=True)
class Call:
    """Everything that a call to a provider needs, beside the request; and whose key it is."""

    provider: Provider
    base_url: str
    key: str | None
    paid_by: Payer = Payer.LAB


class Engine:
    """Runs in flight. `submit`, `stop` and `find` may be called from any thread; the rest on the loop."""

    def __init__(
        self,
        client: ProviderClient,
        settlement: Settlement,
        limits: Limits,
        observe: Callable[[RunEnded], None] = lambda ended: None,
    ) -> None:
        """`observe` is told on the loop of each run that has ended, once it is kept."""
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._settlement = settlement
        self._limits = limits
        self._observe = observe
        self._lock = Lock()
        self._open = True
        self._runs: dict[UUID, LiveRun] = {}
        self._readers: dict[UUID, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch = self._loop.create_task(self._stop_abandoned())

    def submit(self, admission: Admission, call: Call, *, lasting: bool = False) -> LiveRun:
        """Start an admitted run and return it. Raises `Unavailable` once the engine is closing."""
        run = LiveRun(admission, call.provider.display_name, lasting=lasting)
        with self._lock:
            if not self._open:
                raise Unavailable("The lab is shutting down. Try again in a minute.")
            self._runs[admission.run_id] = run
        self._loop.call_soon_threadsafe(self._launch, run, call)
        return run

    def disown(self, admission: Admission, call: Call) -> None:
        """See to it that a run that was refused costs nothing, should the ledger hold it after all.

        When the database falls silent in the middle of a commit, nobody can tell whether the run was admitted. For
        threads. Raises `StoreUnavailable` if the disk is away as well.
        """
        tally = Tally()
        tally.take([Failed(FaultCode.NOT_STARTED)], 0)
        name, now = call.provider.display_name, datetime.now(UTC)
        prices = admission.prices
        self._settlement.keep(
            tally.outcome(admission, prices=prices, provider=name, cancelled=False, latency_s=0, ended_at=now)
        )

    def find(self, run_id: UUID) -> LiveRun | None:
        """Return the run if it is in flight, or ended less than a minute ago."""
        return self._runs.get(run_id)

    def of_user(self, user_id: str) -> list[LiveRun]:
        """Return the user's runs that are in flight, oldest first."""
        runs = list(self._runs.values())
        return [run for run in runs if run.admission.user_id == user_id and run.outcome is None]

    @property
    def in_flight(self) -> int:
        """How many runs have not ended."""
        return len(self._readers)

    def unsettled(self, user_id: str) -> list[LiveRun]:
        """Return the user's runs that have ended, and of which the ledger does not know yet."""
        runs = list(self._runs.values())
        return [run for run in runs if run.admission.user_id == user_id and run.outcome and not run.settled.is_set()]

    def stop(self, run_id: UUID) -> None:
        """End the run at once; without effect once it has ended."""
        self._loop.call_soon_threadsafe(self._end_reading, run_id)

    async def close(self) -> None:
        """Admit no more, stop every run and wait until all are settled."""
        with self._lock:
            self._open = False
        self._watch.cancel()
        await asyncio.sleep(0)  # what was submitted a moment ago is launched first
        for run_id in list(self._readers):
            self._end_reading(run_id)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _launch(self, run: LiveRun, call: Call) -> None:
        task = self._loop.create_task(self._conduct(run, call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._readers[run.admission.run_id] = self._loop.create_task(self._read(run, call))

    async def _conduct(self, run: LiveRun, call: Call) -> None:
        reader = self._readers[run.admission.run_id]
        await asyncio.wait({reader})
        if not reader.cancelled() and (error := reader.exception()):
            log.error("run %s failed inside the lab: %s", run.admission.run_id, described(error))
            run.take([Failed(FaultCode.INTERNAL)])
        run.end(
            run.tally.outcome(
                run.admission,
                prices=applied_prices(run),
                provider=run.provider,
                cancelled=reader.cancelled(),
                latency_s=run.elapsed_s,
                ended_at=datetime.now(UTC),
            )
        )
        del self._readers[run.admission.run_id]
        await self._settle(run)

    async def _settle(self, run: LiveRun) -> None:
        assert run.outcome is not None
        began = monotonic()
        try:
            await self._keep(run.outcome)
            self._observe(RunEnded(run.admission, run.outcome, monotonic() - began))
        finally:
            run.settled.set()
            self._loop.call_later(KEPT_AFTER_END_S, self._runs.pop, run.admission.run_id, None)

    async def _keep(self, outcome: Outcome) -> None:
        try:
            await self._settlement.settle(outcome)
        except StoreUnavailable as error:
            log.critical("run %s: %s", outcome.run_id, error.message)

    async def _read(self, run: LiveRun, call: Call) -> None:
        """Read the provider to its end. A page looks only every 80 ms, so what comes for it may gather a little
        in the socket: the loop wakes a tenth as often for a fast stream."""
        gather_s = GATHER_FOR_PAGES_S if run.admission.origin is RunOrigin.PLAYGROUND else 0
        stream = self._client.stream(
            call.provider, call.base_url, call.key, run.admission.request, stall_timeout_s=self._limits.stall_s
        )
        try:
            async with asyncio.timeout(self._limits.deadline_s), aclosing(stream):
                async for events in stream:
                    run.take(events)
                    if run.tally.characters > MOST_CHARACTERS:
                        run.take([Failed(FaultCode.TOO_LARGE)])
                        break
                    if gather_s and run.tally.finish_reason is None:
                        await asyncio.sleep(gather_s)
        except TimeoutError:
            run.take([Failed(FaultCode.TIMEOUT)])

    def _end_reading(self, run_id: UUID) -> None:
        if reader := self._readers.get(run_id):
            reader.cancel()

    async def _stop_abandoned(self) -> None:
        while True:
            await asyncio.sleep(min(WATCH_EVERY_S, self._limits.abandon_s / 4))
            for run_id in list(self._readers):
                run = self._runs[run_id]
                if run.admission.origin is RunOrigin.PLAYGROUND and monotonic() - run.followed > self._limits.abandon_s:
                    run.take([Failed(FaultCode.ABANDONED)])
                    self._end_reading(run_id)


def applied_prices(run: LiveRun) -> Prices:
    """Return the prices of the run: those admitted, or the list's for the service tier that the provider told."""
    admitted, request = run.admission.prices, run.admission.request
    tier = run.tally.identity.service_tier
    if tier is None or admitted.source is not PriceSource.PRICE_LIST:
        return admitted
    return prices_for(request.provider, request.model, run.admission.started_at, service_tier=tier) or admitted
