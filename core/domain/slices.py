"""Slices of time: the hours, days, weeks and months that local days of the reporting zone are cut into."""

from datetime import datetime, time, timedelta

from core.domain.spend import Days, Grain

LONGEST_OF_HOURS = 14
LONGEST_OF_DAYS = 400
"""The most days that may be cut into hours, and that are offered in days."""


def grains(days: Days) -> list[Grain]:
    """Return the lengths of slices that `days` can sensibly be cut into, the shortest first."""
    length = _length(days)
    offered = {
        Grain.HOUR: length <= LONGEST_OF_HOURS,
        Grain.DAY: 1 < length <= LONGEST_OF_DAYS,
        Grain.WEEK: length > 7,
        Grain.MONTH: length > 31,
    }
    return [grain for grain, possible in offered.items() if possible]


def usual_grain(days: Days) -> Grain:
    """Return the length of slices that shows the course of `days` best."""
    length = _length(days)
    if length <= 2:
        return Grain.HOUR
    if length <= 100:
        return Grain.DAY
    return Grain.WEEK if length <= LONGEST_OF_DAYS else Grain.MONTH


def start_of(moment: datetime, grain: Grain) -> datetime:
    """Return the start of the slice that the local time `moment` falls in."""
    midnight = datetime.combine(moment.date(), time())
    match grain:
        case Grain.HOUR:
            return midnight.replace(hour=moment.hour)
        case Grain.DAY:
            return midnight
        case Grain.WEEK:
            return midnight - timedelta(midnight.weekday())
        case Grain.MONTH:
            return midnight.replace(day=1)


def starts(days: Days, grain: Grain) -> list[datetime]:
    """Return the starts of all slices of `days`; the first week or month may have begun before them."""
    step = timedelta(hours=1) if grain is Grain.HOUR else timedelta(1)
    count = _length(days) * (24 if grain is Grain.HOUR else 1)
    first = datetime.combine(days.first, time())
    return list(dict.fromkeys(start_of(first + number * step, grain) for number in range(count)))


def span(start: datetime, grain: Grain, days: Days) -> Days:
    """Return the days of the slice that begins at `start`, as far as they lie among `days`."""
    first = start.date()
    match grain:
        case Grain.HOUR | Grain.DAY:
            last = first
        case Grain.WEEK:
            last = first + timedelta(6)
        case Grain.MONTH:
            last = (first.replace(day=1) + timedelta(32)).replace(day=1) - timedelta(1)
    return Days(max(first, days.first), min(last, days.last))


def _length(days: Days) -> int:
    return (days.last - days.first).days + 1
