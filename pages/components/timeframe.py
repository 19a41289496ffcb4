"""The slices that a chart over time is drawn in: which there are, how they read, which one is not over yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from core.domain import slices
from core.domain.spend import Days, Grain
from pages.components import periods

TICKS = 6
"""How many slices are named below a chart, so that their names stand apart also on a telephone."""

ADVERBS = {Grain.HOUR: "Hourly", Grain.DAY: "Daily", Grain.WEEK: "Weekly", Grain.MONTH: "Monthly"}


@dataclass(frozen=True, slots=True)
class Timeframe:
    """Days cut into slices, as seen from the local time `now`."""

    days: Days
    grain: Grain
    now: datetime

    @property
    def starts(self) -> list[datetime]:
        """The starts of all slices."""
        return slices.starts(self.days, self.grain)

    def is_open(self, start: datetime) -> bool:
        """Return whether the slice is not over yet."""
        return slices.start_of(self.now, self.grain) == start

    def span(self, start: datetime) -> Days:
        """Return the days of a slice."""
        return slices.span(start, self.grain, self.days)

    def reads(self, start: datetime) -> str:
        """Return the name of a slice in full: `Friday, 20 Nov 2026`, `16 Nov – 22 Nov 2026`, `November 2026`."""
        match self.grain:
            case Grain.HOUR:
                return f"{start:%A}, {start.day} {start:%b %Y, %H:%M}"
            case Grain.DAY:
                return f"{start:%A}, {start.day} {start:%b %Y}"
            case Grain.WEEK:
                return periods.reads(self.span(start))
            case Grain.MONTH:
                return f"{start:%B %Y}"
        assert_never(self.grain)

    def ticks(self) -> dict[int, str]:
        """Return the places that are named below a chart, and their short names."""
        starts = self.starts
        by_hour = self.grain is Grain.HOUR and len(starts) > 48
        places = [place for place, start in enumerate(starts) if not by_hour or start.hour == 0]
        step = -(-len(places) // TICKS)
        return {place: self._tick(starts[place], by_hour) for place in places[::step]}

    def _tick(self, start: datetime, by_hour: bool) -> str:
        if self.grain is Grain.HOUR and not by_hour:
            return f"{start:%H:%M}"
        return f"{start:%b %Y}" if self.grain is Grain.MONTH else f"{start.day} {start:%b}"
