"""Budgets: kept by administrators, read by those whom they concern.

Whoever reads everybody's spend sees all of them. Everybody else sees the lab's, the own one, and those of the
providers, models and tags that own runs of the period count in: never what somebody else's own budget is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from core.domain.access import reads_everybodys_spend, require_admin
from core.domain.accounts import User
from core.domain.audit import Note, difference
from core.domain.budget_endings import DAYS_BEFORE, Ending, ending
from core.domain.budgets import (
    MAX_NAME,
    TOLD_FROM,
    Budget,
    BudgetPeriod,
    BudgetScope,
    BudgetState,
    PastPeriod,
    Plan,
    limit_of,
    scopes_of,
)
from core.domain.periods import local_midnight
from core.domain.tags import Tags
from core.errors import InvalidRequest, NameTaken, NotFound
from core.services.budget_members import Members
from core.services.models import Models
from core.services.tags import UsedTags
from core.store.accounts import AccountStore
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.database import Database

PAGE = 12
"""How many budgets are shown at once."""

TOLD = 3
"""How many budgets near their limits are told of at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """Some budgets, and how many there are in all."""

    states: list[BudgetState]
    count: int

    @property
    def pages(self) -> int:
        """How many pages they fill."""
        return -(-self.count // PAGE)


class Budgets:
    """The budgets of the zone in which they are reported. Every method may raise `StoreUnavailable`."""

    def __init__(
        self,
        *,
        store: BudgetStore,
        states: BudgetStates,
        members: Members,
        zone: ZoneInfo,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._states = states
        self.members = members
        self._zone = zone
        self._now = now

    def prepare(self) -> None:
        """Count anew what was counted by the days of another zone."""
        self._store.prepare(self._now())

    def shown(self, user: User, words: str = "", page: int = 1) -> Found:
        """Return a page of what `user` is shown, those nearest to their limits first; with `words` in their names or in
        what they are for."""
        told, skip = words.strip(), (page - 1) * PAGE
        return Found(*self._states.shown(self._now(), user_id=_only(user), words=told, skip=skip, size=PAGE))

    def nearing(self, user: User) -> Found:
        """Return those of what `user` is shown that are told of everywhere, since they near their limits."""
        return Found(*self._states.nearing(self._now(), TOLD_FROM, _only(user), TOLD))

    def tightest(self, user: User, model_id: str, tags: Tags) -> BudgetState | None:
        """Return the budget with the least left among those that such a run of the user's counts in, hard ones first;
        None where it counts in none."""
        states = self._states.counting(self._now(), scopes_of(user.id, model_id, tags))
        return min(states, key=lambda state: (not state.budget.hard, state.left), default=None)

    def covering(
        self, user: User, model: str | None = None, provider: str | None = None, tag: tuple[str, str] | None = None
    ) -> list[BudgetState]:
        """Return the budgets of just what a report shows to `user` under these filters: of at most one of them."""
        claim = _claim(user, model, provider, tag)
        return self._states.counting(self._now(), [claim]) if claim else []

    def past(self, user: User, state: BudgetState) -> list[PastPeriod]:
        """Return the periods before that of a budget which `user` is shown, the latest first."""
        return self._states.past(state) if _is_shown(user, state) else []

    def endings(self, states: Sequence[BudgetState]) -> dict[UUID, Ending | None]:
        """Return where the periods of some budgets will end, as far as that can be told."""
        now = self._now()
        since = local_midnight(now.astimezone(self._zone).date() - timedelta(DAYS_BEFORE), self._zone)
        months = [state.budget for state in states if state.budget.period is BudgetPeriod.MONTH]
        days = self._states.days(months, since, self._zone.key) if months else {}
        return {state.budget.id: ending(state, days.get(state.budget.id, {}), now, self._zone) for state in states}

    def add(self, user: User, plan: Plan) -> Budget:
        """Set a budget. Raises `Forbidden`, `InvalidRequest` for what will not do, `NameTaken`."""
        require_admin(user)
        budget = self._budget(user, plan, uuid4(), user.id, self._now())
        self._store.add(budget, Note(user.id, "set budget", budget.name, difference({}, _told(budget))))
        return budget

    def change(self, user: User, budget_id: UUID, plan: Plan) -> Budget:
        """Change a budget. Raises as `add` does, and `NotFound`."""
        require_admin(user)
        before = self._find(budget_id)
        budget = self._budget(user, plan, before.id, before.made_by, before.made_at)
        note = Note(user.id, "change budget", before.name, difference(_told(before), _told(budget)))
        self._store.change(budget, note, self._now())
        return budget

    def drop(self, user: User, budget_id: UUID) -> None:
        """Drop a budget, and what it has counted. Raises `Forbidden` and `NotFound`."""
        require_admin(user)
        before = self._find(budget_id)
        self._store.drop(budget_id, Note(user.id, "drop budget", before.name, difference(_told(before), {})))

    def _find(self, budget_id: UUID) -> Budget:
        found = self._states.find(self._now(), budget_id)
        if found is None:
            raise NotFound("There is no such budget any more.")
        return found.budget

    def _budget(self, user: User, plan: Plan, budget_id: UUID, made_by: str, made_at: datetime) -> Budget:
        member = self.members.of(plan.scope, plan.member)
        name = plan.name.strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise InvalidRequest(f"Give the budget a name of 1 to {MAX_NAME} characters that can be seen.")
        other = self._states.named(self._now(), name)
        if other and other.budget.id != budget_id:
            raise NameTaken(f"There is already a budget named “{name}”. Choose another name.", replaceable=False)
        limit = limit_of(plan.limit)
        return Budget(budget_id, name, plan.scope, member, plan.period, limit, plan.hard, made_by, made_at)


def budgets_over(database: Database, zone: ZoneInfo, models: Models, tags: UsedTags) -> Budgets:
    """Return the service over a database, for the models and tags that are known there."""
    members = Members(AccountStore(database), models, tags)
    return Budgets(store=BudgetStore(database, zone), states=BudgetStates(database), members=members, zone=zone)


def _only(user: User) -> str | None:
    """To whom alone a user's view is restricted; None does not restrict."""
    return None if reads_everybodys_spend(user.role) else user.id


def _is_shown(user: User, state: BudgetState) -> bool:
    own = state.budget.member == user.id
    return own or reads_everybodys_spend(user.role) or state.budget.scope is not BudgetScope.USER


def _claim(
    user: User, model: str | None, provider: str | None, tag: tuple[str, str] | None
) -> tuple[BudgetScope, str] | None:
    if not reads_everybodys_spend(user.role):
        return None if model or provider or tag else (BudgetScope.USER, user.id)
    named = {BudgetScope.MODEL: model, BudgetScope.PROVIDER: provider, BudgetScope.TAG: tag and "=".join(tag)}
    given = [(scope, member) for scope, member in named.items() if member]
    return given[0] if len(given) == 1 else None if given else (BudgetScope.LAB, "")


def _told(budget: Budget) -> dict[str, str | bool]:
    """What the audit log tells of a budget."""
    return {
        "name": budget.name,
        "scope": budget.scope.value,
        "member": budget.member,
        "period": budget.period.value,
        "limit_usd": f"{budget.limit_usd:f}",
        "hard": budget.hard,
    }
