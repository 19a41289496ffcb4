"""The periods that a report can be asked for, by name, and the days that they stand for."""

from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from core.domain.spend import Days


class Choice(StrEnum):
    """A period by name."""

    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    QUARTER = "Last 90 days"
    YEAR = "Last 12 months"
    THIS_MONTH = "This month"
    LAST_MONTH = "Last month"
    THIS_YEAR = "This year"
    FREE = "Between two days"


def days_of(choice: Choice, today: date, free: tuple[date, ...] = ()) -> Days:
    """Return the days of `choice` as seen from `today`; `free` are the first and last day chosen by hand, if so far.

    The last 12 months are the running one and the eleven whole ones before it.
    """
    month = today.replace(day=1)
    match choice:
        case Choice.WEEK:
            return Days(today - timedelta(6), today)
        case Choice.MONTH:
            return Days(today - timedelta(29), today)
        case Choice.QUARTER:
            return Days(today - timedelta(89), today)
        case Choice.YEAR:
            next_month = month.month % 12 + 1
            return Days(month.replace(year=today.year - (next_month > 1), month=next_month), today)
        case Choice.THIS_MONTH:
            return Days(month, today)
        case Choice.LAST_MONTH:
            end = month - timedelta(1)
            return Days(end.replace(day=1), end)
        case Choice.THIS_YEAR:
            return Days(month.replace(month=1), today)
        case Choice.FREE:
            return Days(free[0], free[-1]) if free else days_of(Choice.MONTH, today)
    assert_never(choice)


def reads(days: Days) -> str:
    """Return days as `25 Oct – 23 Nov 2026`, a single one as `23 Nov 2026`."""
    first, last = days.first, days.last
    end = f"{last.day} {last:%b} {last.year}"
    if first == last:
        return end
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} – {end}"
