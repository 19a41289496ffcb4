"""Room in budgets, taken when runs are admitted.

The periods that a batch of runs counts in are locked first, in one order. Then the runs are served in theirs: each
takes the most that it can cost, or is refused and takes nothing. The ledger's triggers write down what was taken, and
give it back when a run is settled, so nothing that ends a run can leave its reservation behind.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection, text

from core.domain.budgets import scopes_of
from core.domain.figures import money
from core.domain.pricing import MILLION
from core.domain.runs import Admission, Payer
from core.errors import BudgetReached

_LOCK = text("""
WITH claims AS (
    SELECT * FROM json_to_recordset(CAST(:claims AS json)) AS one (number int, scope text, member text, at timestamptz)
), counted AS (
    SELECT claims.number, budget.*, date_trunc(budget.period, timezone(budget.zone, claims.at)) AS local_start
    FROM claims JOIN budgets AS budget ON budget.scope = claims.scope AND budget.member = claims.member
), locked AS (
    INSERT INTO budget_periods AS kept (budget_id, starts, spent, reserved)
    SELECT DISTINCT id, local_start::date, 0, 0 FROM counted ORDER BY 1, 2
    ON CONFLICT (budget_id, starts) DO UPDATE SET spent = kept.spent
    RETURNING budget_id, starts, spent + reserved AS used
)
SELECT counted.number, counted.id, counted.name, counted.period, counted.limit_usd, counted.hard, locked.starts,
    locked.used, timezone(counted.zone, counted.local_start + ('1 ' || counted.period)::interval) AS resets_at
FROM counted JOIN locked ON locked.budget_id = counted.id AND locked.starts = counted.local_start::date
ORDER BY counted.number, counted.id""")


@dataclass(slots=True)
class _Room:
    """One budget in one period."""

    name: str
    period: str
    limit: Decimal
    hard: bool
    used: Decimal
    resets_at: datetime

    @property
    def left(self) -> Decimal:
        return max(self.limit - self.used, Decimal(0))


class Rooms:
    """The budgets that some runs count in, locked until the transaction ends."""

    def __init__(self, connection: Connection, admissions: Sequence[Admission]) -> None:
        rooms: dict[tuple[UUID, Any], _Room] = {}
        self._of_run: dict[UUID, list[_Room]] = defaultdict(list)
        for row in connection.execute(_LOCK, {"claims": to_json(_claims(admissions)).decode()}):
            fresh = _Room(row.name, row.period, row.limit_usd, row.hard, row.used, row.resets_at)
            room = rooms.setdefault((row.id, row.starts), fresh)
            self._of_run[admissions[row.number].run_id].append(room)

    def refusal(self, admission: Admission) -> BudgetReached | None:
        """Return why a run may not start; None if each of its hard budgets has room for the most that it can cost."""
        wanted = admission.reserved_usd
        full = [room for room in self._of_run[admission.run_id] if room.hard and wanted > room.left]
        return _refusal(admission, min(full, key=lambda room: room.left)) if full and wanted else None

    def take(self, admission: Admission) -> None:
        """Reserve the most that a run can cost in each of its budgets."""
        for room in self._of_run[admission.run_id]:
            room.used += admission.reserved_usd


def _claims(admissions: Sequence[Admission]) -> list[dict[str, Any]]:
    """Runs that their users pay for themselves count in no budget."""
    return [
        {"number": number, "scope": scope, "member": member, "at": admission.started_at}
        for number, admission in enumerate(admissions)
        if admission.paid_by is Payer.LAB
        for scope, member in scopes_of(admission.user_id, admission.request.model_id, admission.tags)
    ]


def _refusal(admission: Admission, room: _Room) -> BudgetReached:
    at, fits = room.resets_at.astimezone(UTC), _fitting_tokens(admission, room.left)
    advice = f"Set max tokens to {fits:,} or less" if fits else "Choose a cheaper model"
    message = (
        f"The budget “{room.name}” has {money(room.left)} of {money(room.limit)} left this {room.period}, and this run "
        f"could cost up to {money(admission.reserved_usd)}. {advice}, ask an administrator to raise the budget, or "
        f"wait until it starts anew on {at.day} {at:%B %Y, %H:%M} UTC."
    )
    return BudgetReached(message, limit=room.limit, used=min(room.used, room.limit), resets_at=at)


def _fitting_tokens(admission: Admission, left: Decimal) -> int:
    """Return how many tokens the answer might have to fit into what is left; 0 if the question alone does not."""
    price = admission.prices.output.at(admission.most_input_tokens)
    if not price:
        return 0
    over = ((admission.reserved_usd - left) * MILLION / price).to_integral_value(ROUND_CEILING)
    return max(admission.most_output_tokens - int(over), 0)
