"""What is said of budgets: plain text, but for the badge. Who shows it as Markdown puts it through `literal`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.budget_endings import Ending
from core.domain.budgets import MAX_NAME, BudgetPeriod, BudgetScope, BudgetState, PastPeriod
from core.domain.spend import Grain
from core.domain.tags import written
from core.services.names import provider_name
from pages.components.format import literal, money, money_exact, when
from pages.components.periods import Choice
from pages.components.timeframe import ADVERBS

SCOPES = {
    BudgetScope.LAB: "The whole lab",
    BudgetScope.USER: "A person",
    BudgetScope.PROVIDER: "A provider",
    BudgetScope.MODEL: "A model",
    BudgetScope.TAG: "A tag",
}
EACH = {BudgetPeriod.DAY: "Each day", BudgetPeriod.WEEK: "Each week", BudgetPeriod.MONTH: "Each month"}
THIS = {BudgetPeriod.DAY: "today", BudgetPeriod.WEEK: "this week", BudgetPeriod.MONTH: "this month"}
_OFTEN = {BudgetPeriod.DAY: "daily", BudgetPeriod.WEEK: "weekly", BudgetPeriod.MONTH: "monthly"}
_SPANS: Mapping[BudgetPeriod, dict[str, str | list[str]]] = {
    BudgetPeriod.DAY: {"period": Choice.WEEK.value},
    BudgetPeriod.WEEK: {"period": Choice.QUARTER.value, "per": ADVERBS[Grain.WEEK]},
    BudgetPeriod.MONTH: {"period": Choice.THIS_MONTH.value},
}


def subject(state: BudgetState) -> str:
    """Return what a budget is for: `The whole lab`, `ann`, `OpenAI`, `team: search`."""
    return called(state.budget.scope, state.called)


def called(scope: BudgetScope, member: str) -> str:
    """Return what people call a member of a scope."""
    match scope:
        case BudgetScope.LAB:
            return SCOPES[scope]
        case BudgetScope.PROVIDER:
            return provider_name(member)
        case BudgetScope.TAG:
            name, _, value = member.partition("=")
            return written(name, value)
        case BudgetScope.USER | BudgetScope.MODEL:
            return member


def suggested(scope: BudgetScope, name: str, period: BudgetPeriod) -> str:
    """Return a name for a budget that was given none; nothing while it is not said what it is for."""
    of = SCOPES[scope] if scope is BudgetScope.LAB else name.strip()
    return f"{of}, {_OFTEN[period]}"[:MAX_NAME] if of else ""


def badge(state: BudgetState) -> str:
    """Return, as Markdown, how near to its limit a budget is; nothing below the first threshold."""
    if state.threshold is None:
        return ":red-badge[No room]" if not state.left and state.budget.hard else ""
    if state.threshold >= 100:
        return f":red-badge[{'Used up' if state.budget.hard else 'Passed'}]"
    return f":{'orange' if state.threshold >= 80 else 'gray'}-badge[{state.threshold}% passed]"


def percent(state: BudgetState) -> str:
    """Return how much of the limit is spent; never rounded up to a threshold that is not reached."""
    return f"{int(state.percent):,}%"


def left(state: BudgetState) -> str:
    """Return what is left, or how far the limit is passed."""
    return f"{money(state.over)} over" if state.over else f"{money(state.left)} left"


def terms(state: BudgetState) -> str:
    """Return what a budget is for, how long it lasts, and what it does."""
    does = "refuses beyond it" if state.budget.hard else "only tells"
    return f"{subject(state)} · {EACH[state.budget.period].lower()} · {does}"


def standing(state: BudgetState) -> str:
    """Return how a budget stands, in a sentence."""
    spent, limit = money(state.spent), money(state.budget.limit_usd)
    this = THIS[state.budget.period]
    return f"“{state.budget.name}”: {spent} of {limit} spent {this} ({percent(state)}), {left(state)}"


def held(state: BudgetState) -> str | None:
    """Return what runs under way hold reserved, if they do."""
    return f"{money(state.reserved)} reserved by runs under way" if state.reserved else None


def foretold(state: BudgetState, ending: Ending | None) -> str | None:
    """Return where the period will end, and whether that is beyond the limit; None where it cannot be told."""
    if ending is None:
        return None
    end = f"Will end near {money(ending.expected)}"
    if ending.low is not None and ending.high is not None:
        end += f" ({money(ending.low)} to {money(ending.high)})"
    else:
        end += " at this pace"
    limit = state.budget.limit_usd
    return f"{end}, {money(ending.expected - limit)} over the limit" if ending.expected > limit else end


def anew(state: BudgetState, zone: ZoneInfo, now: datetime) -> str:
    """Return when the budget starts anew."""
    return f"Starts anew on {when(state.resets_at, zone, now=now)}"


def notice(state: BudgetState, zone: ZoneInfo, now: datetime, *, may_raise: bool) -> str:
    """Return what those concerned are told of a budget near its limit: how it stands, what happens, who may act."""
    name, limit, this = state.budget.name, money(state.budget.limit_usd), THIS[state.budget.period]
    act = "Raise it under Budgets." if may_raise else "An administrator can raise it."
    if state.threshold != 100:
        then = "At the limit, runs are refused." if state.budget.hard else "Nothing is refused at its limit."
        return f"“{name}”: {percent(state)} of {limit} spent {this}. {then} {act}"
    if state.budget.hard:
        at = when(state.resets_at, zone, now=now)
        return f"“{name}” is used up ({limit} {this}). Runs that cost are refused until {at}. {act}"
    return f"“{name}” is {money(state.over)} over its {limit} {this}. It only tells: nothing is refused. {act}"


def room(state: BudgetState) -> str:
    """Return a budget inside the line under the composer."""
    soft = "" if state.budget.hard else ", which only tells"
    return f"in “{state.budget.name}” {THIS[state.budget.period]}{soft}"


def spend_of(state: BudgetState) -> dict[str, str | list[str]]:
    """Return the query of the stats page that shows what a budget counts."""
    name = subject(state)
    match state.budget.scope:
        case BudgetScope.MODEL:
            only = {"spent_on": name}
        case BudgetScope.PROVIDER:
            only = {"spent_at": name}
        case BudgetScope.TAG:
            only = {"spent_for": state.budget.member}
        case BudgetScope.USER:
            only = {"by": "By person"}
        case BudgetScope.LAB:
            only = {}
    return {**_SPANS[state.budget.period], **only}


def past_rows(state: BudgetState, past: Sequence[PastPeriod]) -> list[dict[str, str]]:
    """Return the rows of a table of past periods, as Markdown."""
    period = state.budget.period
    return [
        {
            "Period": literal(period_reads(one.starts, period)),
            "Spent": literal(money_exact(one.spent)),
            "Of today's limit": percent(replace(state, spent=one.spent)),
        }
        for one in past
    ]


def period_reads(starts: date, period: BudgetPeriod) -> str:
    """Return the name of a period: `November 2026`, `16 Nov – 22 Nov 2026`, `Friday, 20 Nov 2026`."""
    match period:
        case BudgetPeriod.MONTH:
            return f"{starts:%B %Y}"
        case BudgetPeriod.WEEK:
            end = starts + timedelta(6)
            return f"{starts.day} {starts:%b} – {end.day} {end:%b %Y}"
        case BudgetPeriod.DAY:
            return f"{starts:%A}, {starts.day} {starts:%b %Y}"
