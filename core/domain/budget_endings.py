"""Where a budget's period will end: as its weekdays went in the last weeks, or else as its own course goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.budgets import BudgetPeriod, BudgetState
from core.domain.forecast import WEEKS, forecast
from core.domain.periods import local_midnight

LEAST_ELAPSED = Decimal("0.1")
"""The part of a period that must be over before its course tells anything."""

DAYS_BEFORE = 7 * (WEEKS + 1)
"""How many days back the days are asked for that an end is reckoned from."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a period will have spent at its end, in USD; `low` and `high` where weeks before tell how sure that is."""

    expected: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


def ending(state: BudgetState, days: Mapping[date, Decimal], now: datetime, zone: ZoneInfo) -> Ending | None:
    """Return where the period of `state` will end; None where too little is known.

    `days` are what was spent on each local day of the last weeks. They are looked at for months only: a week and a day
    go on as they went so far.
    """
    if state.budget.period is BudgetPeriod.MONTH and (told := _as_weekdays_went(state, days, now, zone)):
        return told
    elapsed = _part(now - state.begins, state.resets_at - state.begins)
    return Ending(state.spent / elapsed) if LEAST_ELAPSED <= elapsed < 1 else None


def _as_weekdays_went(state: BudgetState, days: Mapping[date, Decimal], now: datetime, zone: ZoneInfo) -> Ending | None:
    today = now.astimezone(zone).date()
    begun, ends = local_midnight(today, zone), local_midnight(today + timedelta(1), zone)
    told = forecast(days, today, _part(now - begun, ends - begun))
    if told is None:
        return None
    expected, low, high = (state.spent + end - told.so_far for end in (told.expected, told.low, told.high))
    return Ending(expected, low, high)


def _part(some: timedelta, whole: timedelta) -> Decimal:
    """A share from 0 to 1."""
    return Decimal(some // timedelta(seconds=1)) / Decimal(whole // timedelta(seconds=1))
