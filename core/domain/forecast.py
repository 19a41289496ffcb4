"""Where the month will end: what is there so far, and for each day left what its weekday came to in the last weeks.

The last weeks are whole ones that end yesterday. What is usual on a weekday is their mean without the largest and the
smallest, so that one odd day does not move it. The band is what the days left would come to if they went like the
second cheapest and the second dearest of these weeks: of eight weeks, six lie within.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

WEEKS, FEWEST_WEEKS = 8, 4
"""How many weeks a forecast rests on, and how many it needs."""

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The end of a month: `so_far`, and with the days left `expected`, between `low` and `high`.

    `left` are the days left with what is to be expected of each, today's rest first; `weeks` those that it rests on.
    """

    so_far: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    left: tuple[tuple[date, Decimal], ...]
    weeks: int


def forecast(values: Mapping[date, Decimal], today: date, elapsed: Decimal) -> Forecast | None:
    """Return where the month of `today` will end; None where less than four whole weeks are known.

    `values` are those of each local day; a day that is not among them had nothing, and what came before the first of
    them is not known. `elapsed` is the part of `today` that has passed, from 0 to 1.
    """
    weeks = min(WEEKS, (today - min(values, default=today)).days // 7)
    if weeks < FEWEST_WEEKS:
        return None
    left = _days_left(today)
    parts = [1 - elapsed, *[Decimal(1)] * (len(left) - 1)]
    history = [
        [part * value for value in _same_weekday(values, day, today, weeks)]
        for day, part in zip(left, parts, strict=True)
    ]
    usual = [_middle(days) for days in history]
    rest = sum(usual, _NOTHING)
    like_weeks = sorted(sum(week, _NOTHING) for week in zip(*history, strict=True))
    so_far = sum((value for day, value in values.items() if today.replace(day=1) <= day <= today), _NOTHING)
    return Forecast(
        so_far=so_far,
        expected=so_far + rest,
        low=so_far + min(rest, like_weeks[1]),
        high=so_far + max(rest, like_weeks[-2]),
        left=tuple(zip(left, usual, strict=True)),
        weeks=weeks,
    )


def _days_left(today: date) -> list[date]:
    """Today and the days after it in its month."""
    month = ((today + timedelta(number)) for number in range(31))
    return [day for day in month if day.month == today.month]


def _same_weekday(values: Mapping[date, Decimal], day: date, today: date, weeks: int) -> list[Decimal]:
    """What the weekday of `day` came to in each of the last weeks, which end the day before `today`."""
    into_week = (day - today).days % 7
    begins = (today - timedelta(weeks=number) for number in range(1, weeks + 1))
    return [values.get(begin + timedelta(into_week), _NOTHING) for begin in begins]


def _middle(values: Sequence[Decimal]) -> Decimal:
    """The mean without the largest and the smallest."""
    inner = sorted(values)[1:-1]
    return sum(inner, _NOTHING) / len(inner)
