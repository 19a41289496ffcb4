"""Months and days in the reporting time zone. Instants are aware UTC datetimes; a period is half-open: [start, end)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import InvalidRequest

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""The days that may be asked for: far enough from the calendar's ends to be reckoned with."""


@dataclass(frozen=True, slots=True)
class Period:
    """The instants from `start` up to, and without, `end`."""

    start: datetime
    end: datetime


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` begins in `zone`."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Return the period of the local days `first` to `last`, both included."""
    return Period(local_midnight(first, zone), local_midnight(last + timedelta(days=1), zone))


def month_start(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day of the month in which `now` falls in `zone`."""
    return now.astimezone(zone).date().replace(day=1)


def next_month_start(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the next month begins in `zone`: when monthly limits start anew."""
    first = month_start(now, zone)
    return local_midnight((first + timedelta(days=32)).replace(day=1), zone)


def chosen_days(first: date | None, last: date | None, zone: ZoneInfo) -> Period | None:
    """Return the local days from first to last, both included; None stands for an open end, or for no period.

    Raises `InvalidRequest` for days out of order.
    """
    if first is None and last is None:
        return None
    begin, end = first or EARLIEST, last or LATEST
    if not EARLIEST <= begin <= end <= LATEST:
        raise InvalidRequest("The first day comes after the last one. Choose the dates again.")
    return days(begin, end, zone)
