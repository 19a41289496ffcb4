"""Group commit: calls that come while a transaction is under way share the next one.

Who finds nobody at work leads: it takes all that wait, itself included, does them in one transaction and hands each its
answer. Who comes meanwhile waits, and the first of those leads next. So a lone call costs what it always did, and a
hundred at once cost little more than one.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from threading import Event, Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection

from core.errors import LabError, StoreUnavailable
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
        self._lock = Lock()
        self._waiting: dict[_Call[Item, Result], None] = {}
        self._leader: _Call[Item, Result] | None = None

    def call(self, item: Item) -> Result:
        """Do `item` and return its answer.

        Raises what `Database.call` raises, `StoreUnavailable` within its limit or that of the batch under way. A batch
        that fails, though the database is there, is tried item by item, so none suffers for another. A database that
        is away is not asked again for those who waited for it.
        """
        call: _Call[Item, Result] = _Call(item)
        with self._lock:
            self._waiting[call] = None
            self._appoint()
        try:
            if not call.woken.wait(self._database.limit_s) and not self._withdraw(call):
                call.woken.wait()  # its batch is under way, which has a limit of its own
            if self._leader is call:
                self._lead(call)
        finally:
            self._leave(call)
        return call.result()

    def _appoint(self) -> None:
        if self._leader is None and self._waiting:
            self._leader = next(iter(self._waiting))
            self._leader.woken.set()

    def _withdraw(self, call: "_Call[Item, Result]") -> bool:
        """Take `call` back if its turn has not come, and return whether that was so."""
        with self._lock:
            waits = call in self._waiting and call is not self._leader
            if waits:
                del self._waiting[call]
        return waits

    def _leave(self, call: "_Call[Item, Result]") -> None:
        with self._lock:
            self._waiting.pop(call, None)
            if call is self._leader:
                self._leader = None
                self._appoint()

    def _lead(self, leader: "_Call[Item, Result]") -> None:
        batch: list[_Call[Item, Result]] = []
        try:
            self._do(batch, lambda: self._gather(batch, leader, LARGEST_BATCH))
        except StoreUnavailable:
            self._gather(batch, leader, None)
        finally:
            self._leave(leader)  # the next batch need not wait until all of this one are awake
            for call in batch:
                call.woken.set()

    def _gather(self, batch: "list[_Call[Item, Result]]", leader: "_Call[Item, Result]", most: int | None) -> None:
        """Take those who wait into `batch`. Raises `StoreUnavailable` if `leader` has given up meanwhile."""
        with self._lock:
            if self._leader is not leader:
                raise StoreUnavailable(UNREACHABLE)
            batch.extend(islice(self._waiting, most))
            for call in batch:
                self._waiting.pop(call, None)

    def _do(self, batch: "list[_Call[Item, Result]]", gather: Callable[[], None] = lambda: None) -> None:
        """Answer the calls of a batch, gathered at the last moment: those who come while a connection is found are
        in it. Raises `StoreUnavailable` if the database is away; who has no answer then is refused."""

        def work(connection: Connection) -> Sequence[Result | LabError]:
            gather()
            return self._work(connection, [call.item for call in batch])

        try:
            answers = self._database.call(work)
        except Exception as error:  # whatever it is, it is for the caller whose item it is about
            if isinstance(error, StoreUnavailable) and not isinstance(error, StoreRefused):
                raise
            self._do_singly(batch, error)
        else:
            for call, answer in zip(batch, answers, strict=True):
                call.answer = answer

    def _do_singly(self, batch: "list[_Call[Item, Result]]", error: Exception) -> None:
        if len(batch) == 1:
            batch[0].answer = error
            return
        for call in batch:
            self._do([call])


class _Call(Generic[Item, Result]):
    """One call that waits: woken when it is answered, or is to lead."""

    __slots__ = ("answer", "item", "woken")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = Event()
        self.answer: Result | Exception = StoreUnavailable(UNREACHABLE)

    def result(self) -> Result:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer
