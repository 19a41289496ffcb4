"""The ledger: every run is admitted before its provider is called, and settled exactly once.

started ──settle──> completed | incomplete | cancelled | error | unknown     `settled_at` is set; nothing changes then
   └────sweep───> unknown, its cost an estimate ──settle──> as above         the real outcome may still come

The row's way from `started` releases the user's place among the runs at once, so that happens once as well.
Admissions that come at once share a transaction, and so do settlements (see `Group`).
Locks are taken in one order (months, places, budgets when admitting; rows, places, budgets when leaving; each kind in
the order of its keys), so nobody waits in a circle. The budgets are the last, since the ledger's triggers count there.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB

from core.domain.runs import Admission, Outcome, RunStatus
from core.store import orphans
from core.store.admissions import Claim, admit
from core.store.database import Database
from core.store.group import Group
from core.store.settlements import settle
from core.store.tables import llm_usage_logs as logs
from core.store.tables import month_counts, run_texts

CLEARED_AT_ONCE = 1000

WITHOUT_TEXTS: dict[str, Any] = {
    "metadata": logs.c.metadata.op("||")(type_coerce({"prompt": None, "response": None}, JSONB)),
    "error_message": None,
}
"""What is changed of a run when its texts are cleared."""


class Ledger:
    """The ledger of the process `instance_id` (see `Instance`). Every answer may be `StoreUnavailable`."""

    def __init__(
        self,
        database: Database,
        instance_id: int,
        *,
        billed_later: Collection[str] = (),
        keeps_texts: Callable[[], bool] = lambda: True,
    ) -> None:
        """`billed_later` are the providers that can be asked afterwards what a run cost (see `LookupStore`).

        `keeps_texts` tells whether the texts of a run that begins now are written down at all.
        """
        self._database = database
        self._instance_id = instance_id
        self._billed_later = frozenset(billed_later)
        self._admissions: Group[Claim, int] = Group(
            database, partial(admit, instance_id=instance_id, keeps_texts=keeps_texts)
        )
        self._settlements: Group[Outcome, bool] = Group(database, partial(settle, billed_later=self._billed_later))

    def admit(
        self,
        admission: Admission,
        *,
        month: date,
        monthly_limit: int | None,
        concurrent_limit: int,
        resets_at: datetime,
    ) -> Future[int]:
        """Record a run as started; the answer is the user's runs of `month`, this one included.

        Counts and record are one transaction: a refused run leaves nothing. `monthly_limit` None and
        `concurrent_limit` 0 are no limit. The answer may be `LimitReached`.
        """
        claim = Claim(admission, month, monthly_limit, concurrent_limit, resets_at)
        return self._admissions.submit(claim)

    def settle(self, outcome: Outcome) -> Future[bool]:
        """Record how a run ended. The answer is True if this call did it, False if it was done or there is no such
        run."""
        return self._settlements.submit(outcome)

    def sweep(self, now: datetime) -> int:
        """Settle as `unknown`, at an estimated cost, the started runs that nobody will settle: their process is gone,
        or their deadline has long passed. Returns how many."""
        swept = 0
        some = partial(orphans.sweep, now=now, own_instance=self._instance_id, billed_later=self._billed_later)
        while found := self._database.call(some):
            swept += found
        return swept

    def runs_this_month(self, user_id: str, month: date) -> int:
        """Return how many runs the user was admitted in `month`."""
        mine = (month_counts.c.user_id == user_id) & (month_counts.c.month == month)
        return self._database.call(lambda connection: connection.scalar(select(month_counts.c.runs).where(mine)) or 0)

    def clear_texts(self, before: datetime) -> int:
        """Delete the texts of the runs from before `before`, their excerpts, and what providers said of failures;
        figures and costs stay.

        Runs still under way are left alone. Returns how many runs lost their texts.
        """
        cleared = 0
        while found := self._database.call(lambda connection: _clear_some(connection, before)):
            cleared += found
        return cleared


def _clear_some(connection: Connection, before: datetime) -> int:
    settled = select(logs.c.id).where(logs.c.id == run_texts.c.run_id, logs.c.status != RunStatus.STARTED)
    old = select(run_texts.c.run_id).where(run_texts.c.created_at < before, settled.exists()).limit(CLEARED_AT_ONCE)
    gone = delete(run_texts).where(run_texts.c.run_id.in_(old)).returning(run_texts.c.run_id)
    cleared = connection.scalars(gone).all()
    connection.execute(update(logs).where(logs.c.id.in_(cleared)).values(WITHOUT_TEXTS))
    return len(cleared)
