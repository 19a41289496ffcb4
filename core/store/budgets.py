"""The budgets: set, changed and dropped by administrators; their periods are kept by the ledger's triggers. How they
stand is read in `budget_states`.

A budget begins with what its period has spent already. The ledger's writers wait the moment that it takes to count
that, so that no run is counted twice or not at all.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select, text, update

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetScope
from core.errors import NotFound
from core.store.audit import write
from core.store.database import Database
from core.store.tables import budgets

COUNT_LIMIT_S = 60.0

_RUNS_OF = {
    BudgetScope.LAB: "true",
    BudgetScope.USER: "run.user_id = budget.member",
    BudgetScope.PROVIDER: "run.provider = budget.member",
    BudgetScope.MODEL: "run.model_name = budget.member",
    BudgetScope.TAG: "run.tags @> jsonb_build_object(split_part(budget.member, '=', 1),"
    " substr(budget.member, strpos(budget.member, '=') + 1)) AND run.tags <> '{}'::jsonb",
}
"""Which runs of the ledger a budget counts. The triggers say the same, see the migration that made them."""


class BudgetStore:
    """The budgets of the zone in which they are reported. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def add(self, budget: Budget, note: Note) -> None:
        """Set a budget, and count what its period that holds `made_at` has spent already."""

        def work(connection: Connection) -> None:
            _hold_ledger(connection)
            fresh = {"zone": self._zone.key, "counts_from": budget.made_at.date()}
            connection.execute(insert(budgets).values(**_columns(budget), **fresh))
            self._begin(connection, budget.id, budget.made_at)
            write(connection, note)

        self._database.call(work, limit_s=COUNT_LIMIT_S)

    def change(self, budget: Budget, note: Note, now: datetime) -> None:
        """Change a budget; if it is for something else now, its period that holds `now` is counted anew. Raises
        `NotFound`."""

        def work(connection: Connection) -> None:
            _hold_ledger(connection)
            before = connection.execute(
                select(budgets).where(budgets.c.id == budget.id).with_for_update()
            ).one_or_none()
            if before is None:
                raise _missing()
            connection.execute(update(budgets).where(budgets.c.id == budget.id).values(**_columns(budget)))
            if (before.scope, before.member, before.period) != (budget.scope, budget.member, budget.period):
                self._begin(connection, budget.id, now)
            write(connection, note)

        self._database.call(work, limit_s=COUNT_LIMIT_S)

    def drop(self, budget_id: UUID, note: Note) -> None:
        """Drop a budget. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            if not connection.execute(delete(budgets).where(budgets.c.id == budget_id)).rowcount:
                raise _missing()
            write(connection, note)

        self._database.call(work)

    def prepare(self, now: datetime) -> None:
        """Begin anew with what was counted by the days of another zone."""

        def work(connection: Connection) -> None:
            others = connection.scalars(select(budgets.c.id).where(budgets.c.zone != self._zone.key)).all()
            if others:
                _hold_ledger(connection)
            for budget_id in others:
                self._begin(connection, budget_id, now)

        self._database.call(work, limit_s=COUNT_LIMIT_S)

    def _begin(self, connection: Connection, budget_id: UUID, at: datetime) -> None:
        """Count the runs of the period that holds `at`, and of no earlier one."""
        values = {"id": budget_id, "zone": self._zone.key, "at": at}
        connection.execute(text("DELETE FROM budget_periods WHERE budget_id = :id"), values)
        begun = connection.execute(_BEGIN, values).one()
        counted = text(_COUNT.format(runs=_RUNS_OF[BudgetScope(begun.scope)]))
        connection.execute(counted, {"id": budget_id, "first": begun.first})


_BEGIN = text("""
UPDATE budgets SET zone = :zone, counts_from = date_trunc(period, timezone(:zone, CAST(:at AS timestamptz)))::date
WHERE id = :id
RETURNING scope, timezone(:zone, date_trunc(period, timezone(:zone, CAST(:at AS timestamptz)))) AS first""")

_COUNT = """
INSERT INTO budget_periods
SELECT budget.id, date_trunc(budget.period, timezone(budget.zone, run.created_at))::date,
    coalesce(sum(run.cost) FILTER (WHERE run.status <> 'started' AND abs(run.cost) < 1e30), 0),
    coalesce(sum(run.reserved_usd) FILTER (WHERE run.status = 'started'), 0)
FROM budgets AS budget JOIN llm_usage_logs AS run ON {runs}
WHERE budget.id = :id AND run.created_at >= :first AND run.paid_by = 'lab'
GROUP BY 1, 2"""


def _hold_ledger(connection: Connection) -> None:
    """Let nobody write in the ledger until the transaction ends."""
    connection.execute(text("LOCK TABLE llm_usage_logs IN SHARE ROW EXCLUSIVE MODE"))


def _columns(budget: Budget) -> dict[str, Any]:
    return {column.name: getattr(budget, column.name) for column in budgets.c if hasattr(budget, column.name)}


def _missing() -> NotFound:
    return NotFound("There is no such budget any more.")
