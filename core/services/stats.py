"""What was spent, on what and by whom: figures, never a text. `ops` read their own, `pm` and `admin` everybody's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.domain.periods import EARLIEST, LATEST
from core.domain.slices import LONGEST_OF_HOURS
from core.domain.spend import MODEL, PROVIDER, USER, Days, Grain, SpendFilter, SpendReport, Summary
from core.errors import InvalidRequest
from core.store.spend import SpendStore

LONGEST_DAYS = 3 * 366


class Stats:
    """Reports of spend. Whose runs a report counts is decided here by the role, whatever a page asks for."""

    def __init__(self, store: SpendStore, names: Callable[[], dict[str, str]]) -> None:
        """`names` tells the user names by user id."""
        self._store = store
        self._names = names

    def report(
        self,
        user: User,
        first_day: date,
        last_day: date,
        model: str | None = None,
        provider: str | None = None,
        *,
        tag: tuple[str, str] | None = None,
        by: str = MODEL,
        grain: Grain = Grain.DAY,
    ) -> SpendReport:
        """Return the figures of the local days `first_day` to `last_day`, beside those of as many days before.

        The keys of `by_user` are user names. `by` person or tag is for those who see everybody's spend, and so is
        `tag`: for the others these are left out. Under a `tag` nothing is told by person or tag. Raises
        `InvalidRequest` for days out of order, for more than three years, and for hours of more than two weeks.
        """
        days = Days(first_day, last_day)
        _check(days, grain)
        everybody = reads_everybodys_spend(user.role)
        filter = SpendFilter(
            user_id=None if everybody else user.id,
            model_id=model,
            provider=provider,
            tag=tag if everybody else None,
        )
        by = by if by == PROVIDER or (everybody and not tag) else MODEL
        report = self._store.report(days, days.before, filter, by=by, grain=grain, everybody=everybody)
        return self._with_names(report, by) if everybody else report

    def summary(self, user: User) -> Summary:
        """Return what all of the user's own runs came to."""
        return self._store.summary(user.id)

    def model_ids(self, user: User) -> list[str]:
        """Return the models that the user has run."""
        return self._store.model_ids(user.id)

    def catalogue(self) -> list[str]:
        """Return every model that anybody has run, the first to be run first: for what must look alike to all."""
        return self._store.catalogue()

    def tag_values(self, user: User) -> dict[str, list[str]]:
        """Return the values that each tag has had, by its name; none for those who see only themselves."""
        return self._store.tag_values() if reads_everybodys_spend(user.role) else {}

    def _with_names(self, report: SpendReport, by: str) -> SpendReport:
        names = self._names()
        by_user = [replace(group, key=names.get(group.key, group.key)) for group in report.by_user]
        slices = (
            [replace(one, key=names.get(one.key, one.key)) for one in report.slices] if by == USER else report.slices
        )
        return replace(report, by_user=by_user, slices=slices)


def _check(days: Days, grain: Grain) -> None:
    length = (days.last - days.first).days + 1
    if not EARLIEST <= days.first <= days.last <= LATEST or length > LONGEST_DAYS:
        raise InvalidRequest("Choose a first day, then a last day, no more than three years apart.")
    if grain is Grain.HOUR and length > LONGEST_OF_HOURS:
        raise InvalidRequest("Hours can be shown of two weeks at most. Choose fewer days, or longer slices.")
