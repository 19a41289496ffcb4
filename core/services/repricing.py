"""Pricing runs of the past anew: for administrators, after they have seen what it would change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from core.domain.access import reads_everybodys_spend, require_admin
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.periods import EARLIEST, LATEST, Period, days
from core.domain.repricing import Preview, Repricing, Selection, Tariff
from core.errors import Forbidden, InvalidRequest
from core.services.listing import Listing
from core.services.models import Models
from core.store.database import Database
from core.store.repricing import Plan, RepricingStore

LONGEST_DAYS, LONGEST_REASON = 366, 300


@dataclass(frozen=True, slots=True)
class Days:
    """Which runs, as a person chooses them: local days, both included; None does not restrict."""

    first: date
    last: date
    model_id: str | None = None
    provider: str | None = None


class Repricings:
    """What was priced anew. Every method raises `Forbidden` for whoever may not, first of all."""

    def __init__(
        self,
        *,
        store: RepricingStore,
        models: Models,
        zone: ZoneInfo,
        names: Callable[[], dict[str, str]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`names` tells the user names by user id."""
        self._store = store
        self._models = models
        self._zone = zone
        self._names = names
        self._now = now

    def preview(self, user: User, chosen: Days) -> Preview:
        """Return what pricing the chosen runs anew would change; the keys of `by_user` are user names.

        Raises `InvalidRequest` for days out of order, or more than a year.
        """
        require_admin(user)
        return self._named(self._store.preview(self._plan(self._selection(chosen))))

    def apply(self, user: User, chosen: Days, preview: Preview, reason: str) -> Repricing:
        """Do what `preview` told. Raises `InvalidRequest`, and does nothing, if it is not the same any more."""
        require_admin(user)
        plan = self._plan(self._selection(chosen))
        return self._apply(user, plan, preview, reason, "reprice runs")

    def preview_undo(self, user: User, repricing_id: UUID) -> Preview:
        """Return what taking a repricing back would change. Raises `NotFound`."""
        require_admin(user)
        return self._named(self._store.preview(self._undoing(repricing_id)))

    def undo(self, user: User, repricing_id: UUID, preview: Preview, reason: str) -> Repricing:
        """Give runs back what they cost before, but those whose cost was changed again since. Raises as `apply` does,
        and `NotFound`."""
        require_admin(user)
        return self._apply(user, self._undoing(repricing_id), preview, reason, "undo repricing")

    def past(self, user: User, most: int, offset: int = 0) -> list[Repricing]:
        """Return some of what was priced anew, the latest first; product managers read it as well."""
        if not reads_everybodys_spend(user.role):
            raise Forbidden("Repricings are for administrators and product managers. Ask one of them.")
        return self._store.past(most, offset)

    def _apply(self, user: User, plan: Plan, preview: Preview, reason: str, act: str) -> Repricing:
        why, total = reason.strip(), preview.total
        if not why or len(why) > LONGEST_REASON:
            raise InvalidRequest(f"Say why, in {LONGEST_REASON} characters at most: others will ask.")
        if not total.runs:
            raise InvalidRequest("No run would change, so there is nothing to do.")
        done = Repricing(
            uuid4(), user.id, self._now(), why, plan.selection, total.runs, total.before, total.after, plan.undoes
        )
        self._store.apply(plan, done, preview.digest, Note(user.id, act, str(done.id), _details(done)))
        return done

    def _selection(self, chosen: Days) -> Selection:
        length = (chosen.last - chosen.first).days + 1
        if not EARLIEST <= chosen.first <= chosen.last <= LATEST or length > LONGEST_DAYS:
            raise InvalidRequest("Choose a first day, then a last day, no more than a year apart.")
        return Selection(days(chosen.first, chosen.last, self._zone), chosen.model_id, chosen.provider)

    def _plan(self, selection: Selection) -> Plan:
        found, listing = self._store.models(selection), self._models.listing
        tariffs = [tariff for model_id in found for tariff in tariffs_of(listing, model_id, selection.period)]
        return Plan(selection, tuple(tariffs))

    def _undoing(self, repricing_id: UUID) -> Plan:
        return Plan(self._store.find(repricing_id).selection, undoes=repricing_id)

    def _named(self, preview: Preview) -> Preview:
        names = self._names()
        by_user = tuple(replace(one, key=names.get(one.key, one.key)) for one in preview.by_user)
        return replace(preview, by_user=by_user)


def repricings_over(
    database: Database, models: Models, zone: ZoneInfo, names: Callable[[], dict[str, str]]
) -> Repricings:
    """Return the service over `database`."""
    return Repricings(store=RepricingStore(database), models=models, zone=zone, names=names)


def tariffs_of(listing: Listing, model_id: str, period: Period) -> list[Tariff]:
    """Return what the model costs in each part of `period`: own prices to the instant, those of the lists by the day
    (UTC)."""
    starts = {entry.starts_at for entry in listing.own.of(model_id) if period.start < entry.starts_at < period.end}
    cuts = sorted({period.start, *starts, *_midnights(period), period.end})
    merged: list[Tariff] = []
    for start, end in pairwise(cuts):
        tariff = _tariff(listing, model_id, Period(start, end))
        if merged and _alike(merged[-1], tariff):
            merged[-1] = replace(merged[-1], period=Period(merged[-1].period.start, end))
        else:
            merged.append(tariff)
    return merged


def _tariff(listing: Listing, model_id: str, period: Period) -> Tariff:
    own = listing.own.prices(model_id, period.start)
    prices = own or listing.prices_without_own(model_id, period.start)
    return Tariff(model_id, period, prices, own=own is not None)


def _alike(one: Tariff, other: Tariff) -> bool:
    dateless = {"as_of": None}
    return one.own == other.own and one.prices.model_copy(update=dateless) == other.prices.model_copy(update=dateless)


def _midnights(period: Period) -> Iterator[datetime]:
    day = period.start.astimezone(UTC).date() + timedelta(1)
    while (midnight := datetime(day.year, day.month, day.day, tzinfo=UTC)) < period.end:
        yield midnight
        day += timedelta(1)


def _details(done: Repricing) -> dict[str, object]:
    selection = done.selection
    chosen = {"model": selection.model_id, "provider": selection.provider, "undoes": done.undoes and str(done.undoes)}
    return {
        "reason": done.reason,
        "from": selection.period.start.isoformat(),
        "to": selection.period.end.isoformat(),
        "runs": done.runs,
        "before": {"cost": f"{done.before:f}"},
        "after": {"cost": f"{done.after:f}"},
        **{name: value for name, value in chosen.items() if value},
    }
