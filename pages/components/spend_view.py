"""A report as it is looked at: what is counted, in which slices, and how the keys of each breakdown look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.domain import courses
from core.domain.accounts import User
from core.domain.spend import MODEL, OTHERS, PROVIDER, TAG, USER, Group, Slice, SpendReport
from pages.components import looks, reads
from pages.components.looks import Look
from pages.components.measure import Measure
from pages.components.stats_filters import Asked
from pages.components.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class View:
    """A report that was asked for, as seen from the local time `now`. `tags` are the values of each tag."""

    report: SpendReport
    asked: Asked
    now: datetime
    tags: Mapping[str, list[str]]

    @property
    def measure(self) -> Measure:
        """What is counted: runs where nothing was charged, since a chart of costs would be empty."""
        uncharged = self.asked.measure is Measure.COST and not self.report.totals.cost
        return Measure.RUNS if uncharged else self.asked.measure

    @property
    def frame(self) -> Timeframe:
        """The slices of time."""
        return Timeframe(self.asked.days, self.asked.grain, self.now)

    @property
    def course(self) -> list[Slice]:
        """All of each slice of time."""
        return courses.course(self.report, self.asked.grain)

    @property
    def slices(self) -> list[Slice]:
        """The slices by the chosen breakdown, with what carries no tag under `OTHERS`."""
        return courses.with_the_untold(self.report, self.asked.grain) if self._by_tag else self.report.slices

    @property
    def breakdowns(self) -> list[str]:
        """All breakdowns that there are figures of, the chosen one first."""
        people = [USER] if self.report.by_user else []
        every = [MODEL, PROVIDER, *people, *(f"{TAG}{name}" for name in self.report.by_tag)]
        return sorted(every, key=lambda by: by != self.asked.by)

    @property
    def reaches_today(self) -> bool:
        """Whether what is told may still grow."""
        return self.asked.days.last >= self.now.date()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out, and the running month is reached."""
        return self.reaches_today and not self.asked.only.words

    def look(self, by: str) -> Look:
        """Return how the keys of a breakdown look."""
        if by == MODEL:
            return looks.of_models(self.report, reads.colours(), whole=not self._apart)
        if by == PROVIDER:
            return looks.of_providers(whole=not self._apart)
        name = by.removeprefix(TAG)
        return looks.of_people(reads.people()) if by == USER else looks.of_tag(name, self.tags.get(name, []))

    def groups(self, by: str) -> list[Group]:
        """Return the groups of a breakdown, with what carries no tag under `OTHERS`."""
        whole = {MODEL: self.report.by_model, PROVIDER: self.report.by_provider, USER: self.report.by_user}
        if by in whole:
            return whole[by]
        return courses.with_the_ungrouped(self.report.by_tag.get(by.removeprefix(TAG), []), self.report.totals)

    @property
    def _by_tag(self) -> bool:
        return self.asked.by.startswith(TAG)

    @property
    def _apart(self) -> bool:
        """Whether the slices tell any key apart: hours of one person, or of a tag, are of all models together."""
        return any(one.key != OTHERS for one in self.report.slices)


def read(user: User, asked: Asked) -> SpendReport:
    """Return the report that was asked for. Raises `InvalidRequest` for days that cannot be told."""
    only, first, last = asked.only, asked.days.first, asked.days.last
    return reads.report(
        user.id, user.role, first, last, only.model, only.provider, only.tag, asked.by, asked.grain, user
    )
