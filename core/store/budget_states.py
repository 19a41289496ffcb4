"""Reads how budgets stand, what their past periods came to, and the days that their ends are reckoned from."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from core.domain.budgets import Budget, BudgetPeriod, BudgetScope, BudgetState, PastPeriod
from core.domain.spend import TAG
from core.store.database import Database

PERIODS_TOLD = 12

_FOUND = """
SELECT budget.*, now.starts, now.begins, coalesce(kept.spent, 0) AS spent, coalesce(kept.reserved, 0) AS reserved,
    timezone(budget.zone, now.local_start + ('1 ' || budget.period)::interval) AS resets_at,
    coalesce(person.username, budget.member) AS called, count(*) OVER () AS found
FROM budgets AS budget
CROSS JOIN LATERAL (
    SELECT date_trunc(budget.period, timezone(budget.zone, CAST(:at AS timestamptz))) AS local_start
) AS local
CROSS JOIN LATERAL (
    SELECT local_start, local_start::date AS starts, timezone(budget.zone, local_start) AS begins
) AS now
LEFT JOIN budget_periods AS kept ON kept.budget_id = budget.id AND kept.starts = now.starts
LEFT JOIN users AS person ON budget.scope = 'user' AND person.id = budget.member
WHERE {where}
ORDER BY (coalesce(kept.spent, 0) + coalesce(kept.reserved, 0)) / nullif(budget.limit_usd, 0) DESC NULLS FIRST,
    lower(budget.name), budget.id
LIMIT :size OFFSET :skip"""

_SHOWN = """(CAST(:user AS text) IS NULL OR budget.scope = 'lab' OR (budget.scope = 'user' AND budget.member = :user)
    OR (budget.scope NOT IN ('lab', 'user') AND EXISTS (
        SELECT FROM llm_usage_logs AS run
        WHERE run.user_id = :user AND run.created_at >= now.begins AND run.paid_by = 'lab' AND CASE budget.scope
            WHEN 'provider' THEN run.provider = budget.member
            WHEN 'model' THEN run.model_name = budget.member
            ELSE run.tags @> jsonb_build_object(split_part(budget.member, '=', 1),
                substr(budget.member, strpos(budget.member, '=') + 1)) END)))"""
"""What a user is shown: nobody is told of others' own budgets, and of the rest those that own runs of now count in."""

_SEARCHED = "strpos(lower(budget.name || ' ' || coalesce(person.username, budget.member)), lower(:words)) > 0"
_NEAR = "coalesce(kept.spent, 0) * 100 >= budget.limit_usd * :percent"
_CLAIMED = "(budget.scope, budget.member) IN (SELECT * FROM unnest(CAST(:scopes AS text[]), CAST(:members AS text[])))"

_PAST = """
SELECT starts, spent FROM budget_periods WHERE budget_id = :id AND starts < :before ORDER BY starts DESC LIMIT :size"""

_DAYS = """
SELECT timezone(:zone, r.starts)::date AS day, sum(r.cost - r.own_key_cost) AS cost FROM rollups AS r
WHERE r.grain = 'd' AND r.starts >= :since AND r.scope = :scope AND r.member = :member AND {which} GROUP BY 1"""


class BudgetStates:
    """Reads the budgets. Who may be told of them is not decided here. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shown(
        self, at: datetime, *, user_id: str | None = None, words: str = "", skip: int = 0, size: int = 1000
    ) -> tuple[list[BudgetState], int]:
        """Return budgets as their periods at `at` stand, those nearest to their limits first, and how many there are.

        All, or those that a user is shown; with `words` in their names or what they are for.
        """
        return self._found(at, f"{_SHOWN} AND {_SEARCHED}", size, skip, user=user_id, words=words)

    def nearing(self, at: datetime, percent: int, user_id: str | None, size: int) -> tuple[list[BudgetState], int]:
        """Return the budgets that have spent so much of their limits, and how many there are; see `shown`."""
        return self._found(at, f"{_NEAR} AND {_SHOWN}", size, user=user_id, percent=percent)

    def counting(self, at: datetime, claims: Sequence[tuple[BudgetScope, str]]) -> list[BudgetState]:
        """Return the budgets for these scopes and members."""
        scopes, members = [str(scope) for scope, _ in claims], [member for _, member in claims]
        return self._found(at, _CLAIMED, scopes=scopes, members=members)[0]

    def find(self, at: datetime, budget_id: UUID) -> BudgetState | None:
        """Return one budget, or None."""
        return next(iter(self._found(at, "budget.id = :id", id=budget_id)[0]), None)

    def named(self, at: datetime, name: str) -> BudgetState | None:
        """Return the budget of that name, whatever its case, or None."""
        return next(iter(self._found(at, "lower(budget.name) = lower(:name)", name=name)[0]), None)

    def past(self, state: BudgetState) -> list[PastPeriod]:
        """Return the last periods before that of `state` in which anything was spent, the latest first."""
        values = {"id": state.budget.id, "before": state.starts, "size": PERIODS_TOLD}
        rows = self._database.call(lambda connection: connection.execute(text(_PAST), values).all())
        return [PastPeriod(row.starts, row.spent) for row in rows]

    def days(self, budgets: Sequence[Budget], since: datetime, zone: str) -> dict[UUID, dict[date, Decimal]]:
        """Return what each local day since `since` has spent of what a budget counts, days without runs left out."""

        def work(connection: Connection) -> dict[UUID, dict[date, Decimal]]:
            return {budget.id: _days(connection, budget, since, zone) for budget in budgets}

        return self._database.call(work)

    def _found(
        self, at: datetime, where: str, size: int = 1000, skip: int = 0, **values: Any
    ) -> tuple[list[BudgetState], int]:
        query, given = text(_FOUND.format(where=where)), {"at": at, "size": size, "skip": skip, **values}
        rows = self._database.call(lambda connection: connection.execute(query, given).all())
        return [_state(row) for row in rows], rows[0].found if rows else 0


def _days(connection: Connection, budget: Budget, since: datetime, zone: str) -> dict[date, Decimal]:
    scope, member, which = _rolled_up(budget)
    values = {"scope": scope, "member": member, "key": budget.member, "since": since, "zone": zone}
    rows = connection.execute(text(_DAYS.format(which=which)), values)
    return {row.day: row.cost for row in rows}


def _rolled_up(budget: Budget) -> tuple[str, str, str]:
    """The scope and the member of the rollups that hold what a budget counts, and which of their rows."""
    match budget.scope:
        case BudgetScope.LAB:
            return "", "", "r.model_name = ''"
        case BudgetScope.USER:
            return "user", budget.member, "r.model_name = ''"
        case BudgetScope.PROVIDER:
            return "", "", "r.model_name <> '' AND left(split_part(r.model_name, '/', 1), 50) = :key"
        case BudgetScope.MODEL:
            return "", "", "r.model_name = :key"
        case BudgetScope.TAG:
            name, _, value = budget.member.partition("=")
            return f"{TAG}{name}"[:40], value, "r.model_name = ''"


def _state(row: Row[Any]) -> BudgetState:
    budget = Budget(
        id=row.id,
        name=row.name,
        scope=BudgetScope(row.scope),
        member=row.member,
        period=BudgetPeriod(row.period),
        limit_usd=row.limit_usd,
        hard=row.hard,
        made_by=row.made_by,
        made_at=row.made_at,
    )
    return BudgetState(budget, row.starts, row.begins, row.resets_at, row.spent, row.reserved, row.called)
