"""What models cost, as administrators see to it: the list as it is used, own prices, and what lists are worth.

Product managers read it as well. Who sets prices is asked to mean it where they look like a slip of the finger.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.domain.access import reads_everybodys_spend, require_admin
from core.domain.accounts import User
from core.domain.audit import Note, difference
from core.domain.models import ModelInfo
from core.domain.own_prices import OwnPrice, PriceDraft, suspicious
from core.domain.pricing import Prices, PriceSource
from core.errors import Forbidden, InvalidRequest
from core.providers.pricelist import newest_price
from core.services.copies import Copies
from core.services.model_lists import ModelLists
from core.services.models import Models
from core.store.prices import ModelStore

LIST_LASTS, TOLD_LASTS = timedelta(days=30), timedelta(days=2)
"""After how long the price list, and a provider's own, are taken for old."""
USED_WITHIN = timedelta(days=30)
LONGEST_NOTE, LONGEST_ID = 300, 200
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """Which models: whose id or name holds `words`; None does not restrict."""

    words: str = ""
    provider: str | None = None
    source: PriceSource | None = None
    enabled: bool | None = None

    def holds(self, model: ModelInfo) -> bool:
        """Return whether `model` is one of them."""
        named = f"{model.id} {model.display_name}".casefold()
        return (
            all(word in named for word in self.words.casefold().split())
            and self.provider in (None, model.provider)
            and self.source in (None, model.prices.source)
            and self.enabled in (None, model.enabled)
        )


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Prices to be set: None goes back to what the lists say. `replaces` is the entry to come that they correct.

    The prices bear the day of `starts_at` in its own zone, which is to be the reporting zone.
    """

    model_id: str
    starts_at: datetime
    draft: PriceDraft | None
    note: str = ""
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Concerns:
    """What is to be looked at. `list_of` is the day of the newest price of the price list where that is old; the
    providers of `unread` have not told their models for long; the `unpriced` models are used at the fallback price."""

    list_of: date | None = None
    unread: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()


class PriceDesk:
    """Prices as they are read and set. Every method raises `Forbidden` for whoever may not, first of all."""

    def __init__(
        self,
        *,
        models: Models,
        lists: ModelLists,
        store: ModelStore,
        copies: Copies,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._models = models
        self._lists = lists
        self._store = store
        self._copies = copies
        self._now = now

    def page(self, user: User, chosen: PriceFilter, *, size: int, offset: int = 0) -> tuple[list[ModelInfo], int]:
        """Return some of the chosen models by provider and name, at the prices of now, and how many there are."""
        _require_reader(user)
        found = [model for model in self._models.everything() if chosen.holds(model)]
        return found[offset : offset + size], len(found)

    def providers(self, user: User) -> list[str]:
        """Return the providers of all models, by name."""
        _require_reader(user)
        return sorted({model_id.partition("/")[0] for model_id in self._models.listing.ids})

    def model(self, user: User, model_id: str) -> ModelInfo:
        """Return a model at the prices that hold now."""
        _require_reader(user)
        return self._models.listing.at(model_id, self._now())

    def listed_prices(self, user: User, model_id: str) -> Prices:
        """Return what the lists say that a model costs."""
        _require_reader(user)
        return self._models.listing.prices_without_own(model_id, self._now())

    def history(self, user: User, model_id: str) -> list[OwnPrice]:
        """Return the own prices of a model, the latest to begin first."""
        _require_reader(user)
        return [*reversed(self._models.listing.own.of(model_id))]

    def concerns(self, user: User) -> Concerns:
        """Return what is to be looked at."""
        _require_reader(user)
        now, listing, read = self._now(), self._models.listing, self._store.lists_read()
        newest = newest_price(now)
        used = [model_id for model_id in self._store.used_since(now - USED_WITHIN) if model_id.count("/")]
        never = datetime.min.replace(tzinfo=UTC)
        return Concerns(
            list_of=newest if newest and now.date() - newest > LIST_LASTS else None,
            unread=tuple(name for name in self._lists.asked() if now - read.get(name, never) > TOLD_LASTS),
            unpriced=tuple(one for one in used if listing.at(one, now).prices.source is PriceSource.FALLBACK),
        )

    def lists_read(self, user: User) -> dict[str, datetime | None]:
        """Return when each provider last told its models, by provider; None if it never did, or is not asked."""
        _require_reader(user)
        read = self._store.lists_read()
        return {name: read.get(name) for name in sorted({*self._lists.asked(), *read})}

    def refresh(self, user: User) -> bool:
        """Read every provider's list of models now, and return whether all could be read. It takes some seconds."""
        require_admin(user)
        return self._lists.refresh_now()

    def doubts(self, user: User, change: PriceChange) -> list[str]:
        """Return the parts of the new prices that are far above the list's. Raises `InvalidRequest`, as `set` does."""
        require_admin(user)
        prices = self._read(change)
        return suspicious(prices, self.listed_prices(user, change.model_id)) if prices else []

    def set(self, user: User, change: PriceChange) -> None:
        """Set own prices, or correct such as are still to come. Runs that have started keep theirs.

        Raises `InvalidRequest`, also if what was to be corrected has begun meanwhile, and `UnknownProvider`.
        """
        require_admin(user)
        now, prices = self._now(), self._read(change)
        entry = OwnPrice(
            change.replaces or 0, change.model_id, change.starts_at, prices, change.note.strip(), user.id, now
        )
        if change.replaces is None:
            before = self._models.listing.at(change.model_id, change.starts_at).prices
            note = _note(user, "set price", entry, {"prices": _told(before)})
            self._store.set_own(entry, note)
        else:
            note = _note(user, "correct price", entry, _kept(self._to_come(change.model_id, change.replaces)))
            self._store.correct_own(entry, now, note)
        self._copies.refresh()

    def remove(self, user: User, model_id: str, entry_id: int) -> None:
        """Remove own prices that are still to come. Raises `InvalidRequest` if they have begun, or are gone."""
        require_admin(user)
        before = _kept(self._to_come(model_id, entry_id))
        note = Note(user.id, "remove price", model_id, {"before": before, "after": {}})
        self._store.remove_own(entry_id, self._now(), note)
        self._copies.refresh()

    def switch(self, user: User, model_id: str, *, enabled: bool) -> None:
        """Switch a model on or off for everybody; runs under way go on. Raises `UnknownProvider`."""
        require_admin(user)
        model = self._checked(model_id)
        details = difference({"enabled": model.enabled}, {"enabled": enabled})
        self._store.switch(model, enabled, Note(user.id, "switch model", model_id, details))
        self._copies.refresh()

    def _read(self, change: PriceChange) -> Prices | None:
        self._checked(change.model_id)
        if len(change.note) > LONGEST_NOTE:
            raise InvalidRequest(f"The note is too long: {LONGEST_NOTE} characters fit.")
        if change.replaces is not None and change.starts_at <= self._now():
            raise InvalidRequest("Choose a moment that is still to come, or set new prices.")
        return change.draft.read(change.starts_at.date()) if change.draft else None

    def _checked(self, model_id: str) -> ModelInfo:
        if len(model_id) > LONGEST_ID or model_id.split() != [model_id] or not model_id.partition("/")[2]:
            raise InvalidRequest("Write the model as provider/model, such as openai/gpt-4o-mini.")
        return self._models.known(model_id)

    def _to_come(self, model_id: str, entry_id: int) -> OwnPrice | None:
        entries: Collection[OwnPrice] = self._models.listing.own.of(model_id)
        return next((entry for entry in entries if entry.id == entry_id), None)


def _require_reader(user: User) -> None:
    if not reads_everybodys_spend(user.role):
        raise Forbidden("Prices are for administrators and product managers. Ask one of them.")


def _note(user: User, act: str, entry: OwnPrice, before: dict[str, object]) -> Note:
    return Note(user.id, act, entry.model_id, {"before": before, "after": _kept(entry)})


def _kept(entry: OwnPrice | None) -> dict[str, object]:
    if entry is None:
        return {}
    prices = entry.prices and _told(entry.prices)
    return {"starts_at": entry.starts_at.isoformat(), "prices": prices, "note": entry.note}


def _told(prices: Prices) -> dict[str, object]:
    return prices.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
