"""What was spent, on what and by whom: figures, never a text. `ops` read their own, `pm` and `admin` everybody's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.domain.periods import EARLIEST, LATEST, days
from core.domain.queries import Group, SpendReport, Summary
from core.errors import InvalidRequest
from core.store.spend import SpendStore

LONGEST_DAYS = 3 * 366


class Stats:
    """Reports of spend. Whose runs a report counts is decided here by the role, whatever a page asks for."""

    def __init__(self, store: SpendStore, zone: ZoneInfo, names: Callable[[], dict[str, str]]) -> None:
        """`names` tells the user names by user id."""
        self._store = store
        self._zone = zone
        self._names = names

    def report(
        self, user: User, first_day: date, last_day: date, model: str | None = None, provider: str | None = None
    ) -> SpendReport:
        """Return the figures of the local days `first_day` to `last_day`, beside those of as many days before.

        The keys of `by_user` are user names. Raises `InvalidRequest` for days out of order, or more than three years.
        """
        length = timedelta(days=(last_day - first_day).days + 1)
        if not EARLIEST <= first_day <= last_day <= LATEST or length.days > LONGEST_DAYS:
            raise InvalidRequest("Choose a first day, then a last day, no more than three years apart.")
        everybody = reads_everybodys_spend(user.role)
        report = self._store.report(
            days(first_day, last_day, self._zone),
            days(first_day - length, first_day - timedelta(days=1), self._zone),
            self._zone,
            user_id=None if everybody else user.id,
            model_id=model,
            provider=provider,
            by_user=everybody,
        )
        return replace(report, by_user=self._named(report.by_user)) if everybody else replace(report, by_user=[])

    def summary(self, user: User) -> Summary:
        """Return what all of the user's own runs came to."""
        return self._store.summary(user.id)

    def _named(self, groups: list[Group]) -> list[Group]:
        names = self._names()
        return [replace(group, key=names.get(group.key, group.key)) for group in groups]
