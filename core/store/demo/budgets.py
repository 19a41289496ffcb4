"""The budgets of the demonstration: one is near its limit, one only tells and is passed, most have room."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope, BudgetState
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.database import Database

SET_BEFORE = timedelta(days=80)
DIGITS = 2
"""How many digits of a limit are no noughts: people set round ones."""

ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Wish:
    """A budget whose limit is such that about so many `percent` of it are spent by now."""

    name: str
    scope: BudgetScope
    member: str
    period: BudgetPeriod
    percent: int
    hard: bool = True


WISHES = (
    Wish("The whole lab", BudgetScope.LAB, "", BudgetPeriod.MONTH, 62),
    Wish("Engineering", BudgetScope.TAG, "team=engineering", BudgetPeriod.MONTH, 88),
    Wish("Apollo", BudgetScope.TAG, "project=apollo", BudgetPeriod.MONTH, 35),
    Wish("OpenAI, weekly", BudgetScope.PROVIDER, "openai", BudgetPeriod.WEEK, 104, hard=False),
    Wish("GPT-5", BudgetScope.MODEL, "openai/gpt-5", BudgetPeriod.MONTH, 71),
)


def set_budgets(database: Database, zone: ZoneInfo, now: datetime) -> None:
    """Set the budgets as if that had been done long ago, so that their past periods are counted as well."""
    store, states = BudgetStore(database, zone), BudgetStates(database)
    for wish in WISHES:
        known = (wish.name, wish.scope, wish.member, wish.period, Decimal(1), wish.hard, ACTOR, now - SET_BEFORE)
        budget = Budget(uuid4(), *known)
        store.add(budget, Note(ACTOR, "set budget", budget.name))
        state = states.find(now, budget.id)
        assert state
        changed = replace(budget, limit_usd=_limit(state, wish.percent))
        store.change(changed, Note(ACTOR, "change budget", budget.name), now)


def _limit(state: BudgetState, percent: int) -> Decimal:
    """A round limit of which about so much is spent; a dollar where nothing is."""
    wanted = state.spent * 100 / percent
    if not wanted:
        return Decimal(1)
    place = Decimal(1).scaleb(wanted.adjusted() - DIGITS + 1)
    return (wanted / place).to_integral_value(ROUND_CEILING) * place
