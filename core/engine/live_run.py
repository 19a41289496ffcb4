"""One run in flight, as its followers see it. The engine's loop writes it; any thread may read it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from threading import Event as ThreadEvent
from time import monotonic, sleep

from core.domain.events import Delta, Event
from core.domain.runs import Admission, Outcome
from core.engine.tally import Tally

FIRST_LOOK_S = 0.015
LOOK_S = 0.08


class LiveRun:
    """A run and what it has said so far.

    Followers keep a position into the deltas and take what lies beyond it; none of them can hold up the run,
    and none is needed for it to go on. `outcome` is set when the run has ended, `settled` when the ledger knows. A
    `lasting` run goes on when its user signs out.
    """

    def __init__(self, admission: Admission, provider: str, *, lasting: bool = False) -> None:
        self.admission = admission
        self.provider = provider
        self.lasting = lasting
        self.tally = Tally()
        self.outcome: Outcome | None = None
        self.settled = ThreadEvent()
        self.started = monotonic()
        self.followed = self.started
        self._news: set[asyncio.Event] = set()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run was started."""
        return monotonic() - self.started

    def since(self, position: int) -> list[Delta]:
        """Return the deltas from `position` on, and note that somebody follows the run."""
        self.followed = monotonic()
        return self.tally.deltas[position:]

    def follow(self, position: int = 0) -> Iterator[list[Delta]]:
        """Yield what has gathered about every 80 ms until the run has ended; empty while the provider is silent.

        The first word is looked for more often, so that it is seen at once. For threads; a loop uses `stream`.
        """
        while True:
            ended = self.outcome is not None
            deltas = self.since(position)
            position += len(deltas)
            yield deltas
            if ended:
                return
            sleep(LOOK_S if position else FIRST_LOOK_S)

    async def stream(self, position: int = 0) -> AsyncIterator[list[Delta]]:
        """Yield deltas as they come until the run has ended. For coroutines on the engine's loop."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            while True:
                news.clear()
                ended = self.outcome is not None
                if deltas := self.since(position):
                    position += len(deltas)
                    yield deltas
                if ended:
                    return
                await news.wait()
        finally:
            self._news.discard(news)

    def take(self, events: list[Event]) -> None:
        """Add what arrived. On the engine's loop only."""
        self.tally.take(events, self.elapsed_s)
        self._tell()

    def end(self, outcome: Outcome) -> None:
        """Set how the run ended. On the engine's loop only."""
        self.outcome = outcome
        self._tell()

    def _tell(self) -> None:
        for news in self._news:
            news.set()
