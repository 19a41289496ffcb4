"""The periods that a report can be asked for, by name, and the days that they stand for."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never


class Choice(StrEnum):
    """A period by name."""

    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    QUARTER = "Last 90 days"
    THIS_MONTH = "This month"
    LAST_MONTH = "Last month"
    FREE = "Between two days"


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both included."""

    first: date
    last: date

    @property
    def before(self) -> "Days":
        """As many days, just before."""
        length = self.last - self.first + timedelta(1)
        return Days(self.first - length, self.last - length)


def days_of(choice: Choice, today: date, free: tuple[date, ...] = ()) -> Days:
    """Return the days of `choice` as seen from `today`; `free` are the first and last day chosen by hand, if so far."""
    month = today.replace(day=1)
    match choice:
        case Choice.WEEK:
            return Days(today - timedelta(6), today)
        case Choice.MONTH:
            return Days(today - timedelta(29), today)
        case Choice.QUARTER:
            return Days(today - timedelta(89), today)
        case Choice.THIS_MONTH:
            return Days(month, today)
        case Choice.LAST_MONTH:
            end = month - timedelta(1)
            return Days(end.replace(day=1), end)
        case Choice.FREE:
            return Days(free[0], free[-1]) if free else days_of(Choice.MONTH, today)
    assert_never(choice)


def reads(days: Days) -> str:
    """Return days as `25 Oct – 23 Nov 2026`."""
    first, last = days.first, days.last
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} – {last.day} {last:%b} {last.year}"
