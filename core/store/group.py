"""Group commit: calls that come while a transaction is under way share the next one.

A group has one thread, which takes all that wait, does them in one transaction and hands each its answer. So a lone
call costs what it always did, a hundred at once cost little more than one, and nobody needs a thread to wait in.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection

from core.errors import LabError, StoreUnavailable
from core.futures import promised
from core.store.database import UNREACHABLE, Database, StoreRefused

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST_BATCH = 512


class Group(Generic[Item, Result]):
    """Calls of one kind, done in batches: `work` is given the items of a batch and returns an answer for each, in
    their order. An answer that is a `LabError` is raised to its own caller."""

    def __init__(
        self, database: Database, work: Callable[[Connection, Sequence[Item]], Sequence[Result | LabError]]
    ) -> None:
        self._database = database
        self._work = work
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group")
        self._lock = Lock()
        self._waiting: deque[_Call[Item, Result]] = deque()
        self._busy = False
        self._batch: list[_Call[Item, Result]] | None = None

    def submit(self, item: Item) -> Future[Result]:
        """Ask for `item`; may be called from a loop. The answer comes within the limit of `Database.call`, after that
        of the batch under way.

        It may be what `Database.call` raises. A batch that fails, though the database is there, is tried item by item,
        so none suffers for another. A database that is away is not asked again for those who waited for it.
        """
        call: _Call[Item, Result] = _Call(item)
        with self._lock:
            self._waiting.append(call)
            if not self._busy:
                self._busy = True
                self._thread.submit(self._serve)
        return call.future

    def call(self, item: Item) -> Result:
        """Do `item` and return its answer, or raise it. It blocks."""
        return self.submit(item).result()

    def _serve(self) -> None:
        try:
            self._commit()
        finally:
            with self._lock:
                self._busy = bool(self._waiting)
                if self._busy:
                    self._thread.submit(self._serve)

    def _commit(self) -> None:
        """Do all that wait in one transaction."""
        batch: list[_Call[Item, Result]] = []
        self._batch = batch
        try:
            self._do(batch, lambda: self._gather(batch, LARGEST_BATCH))
        except StoreUnavailable:
            self._gather(batch, len(self._waiting))
        finally:
            self._give_out(batch)

    def _gather(self, batch: "list[_Call[Item, Result]]", most: int) -> None:
        """Take those who wait into `batch`. Raises `StoreUnavailable` if it was given up meanwhile."""
        with self._lock:
            if self._batch is not batch:
                raise StoreUnavailable(UNREACHABLE)
            batch.extend(self._waiting.popleft() for _ in range(min(most, len(self._waiting))))

    def _give_out(self, batch: "list[_Call[Item, Result]]") -> None:
        with self._lock:
            self._batch = None
        for call in batch:
            call.answer()

    def _do(self, batch: "list[_Call[Item, Result]]", gather: Callable[[], None] = lambda: None) -> None:
        """Find the verdicts of a batch, gathered at the last moment: those who come while a connection is found are
        in it. Raises `StoreUnavailable` if the database is away; who has no verdict then is refused."""

        def work(connection: Connection) -> Sequence[Result | LabError]:
            gather()
            return self._work(connection, [call.item for call in batch])

        try:
            verdicts = self._database.call(work)
        except Exception as error:  # whatever it is, it is for the caller whose item it is about
            if isinstance(error, StoreUnavailable) and not isinstance(error, StoreRefused):
                raise
            self._do_singly(batch, error)
        else:
            for call, verdict in zip(batch, verdicts, strict=True):
                call.verdict = verdict

    def _do_singly(self, batch: "list[_Call[Item, Result]]", error: Exception) -> None:
        if len(batch) == 1:
            batch[0].verdict = error
            return
        for call in batch:
            self._do([call])


class _Call(Generic[Item, Result]):
    """One call that waits for its answer."""

    __slots__ = ("future", "item", "verdict")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.future: Future[Result] = promised()
        self.verdict: Result | Exception = StoreUnavailable(UNREACHABLE)

    def answer(self) -> None:
        if isinstance(self.verdict, Exception):
            self.future.set_exception(self.verdict)
        else:
            self.future.set_result(self.verdict)
