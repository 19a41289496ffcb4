"""Days that stand out: far above what their weekday comes to in other weeks.

What is usual is the median of the same weekday in the eight weeks before, and how far a day strays from it the median
absolute deviation; 1.4826 times that estimates a standard deviation (Rousseeuw and Croux 1993,
https://doi.org/10.1080/01621459.1993.10476408). Neither is moved by a few odd days among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from core.domain.spend import Days

WEEKS, FEWEST_WEEKS = 8, 4
"""How many weeks tell what is usual, and how many are needed to tell it."""

DEVIATIONS = Decimal(4)
LEAST_TIMES = 2
"""A day stands out from so many standard deviations, and from so many times the usual."""

_SPREAD_OF_MAD = Decimal("1.4826")
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outlier:
    """A day that stands out, and what is usual on its weekday."""

    day: date
    value: Decimal
    usual: Decimal

    @property
    def times(self) -> Decimal | None:
        """How many times the usual it is; None where nothing is usual."""
        return self.value / self.usual if self.usual else None


def outliers(values: Mapping[date, Decimal], days: Days, least: Decimal) -> list[Outlier]:
    """Return the days among `days` that stand out by `least` or more, in their order.

    `values` are those of each local day, and of the days before; a day that is not among them had nothing. What is
    usual on a day is told by at least four weeks before it, counted from the first day that is among them.
    """
    if not values:
        return []
    begins = min(values)
    asked = (days.first + timedelta(number) for number in range((days.last - days.first).days + 1))
    found = (_judged(values, day, begins) for day in asked if values.get(day))
    return [one for one in found if one and one.value - one.usual >= least]


def _judged(values: Mapping[date, Decimal], day: date, begins: date) -> Outlier | None:
    weeks = [day - timedelta(weeks=number) for number in range(1, WEEKS + 1)]
    before = [values.get(one, _NOTHING) for one in weeks if one >= begins]
    if len(before) < FEWEST_WEEKS:
        return None
    usual = median(before)
    spread = _SPREAD_OF_MAD * median(abs(value - usual) for value in before)
    limit = max(usual * LEAST_TIMES, usual + DEVIATIONS * spread)
    return Outlier(day, values[day], usual) if values[day] > limit else None
