"""Every model that is known now, at the prices of any moment: a value that is replaced whole when it changes."""

from collections.abc import Iterable, Set
from datetime import datetime

from core.domain.models import ModelInfo
from core.domain.own_prices import PriceBook
from core.domain.pricing import FALLBACK, LOCAL, Prices, PriceSource
from core.providers.pricelist import prices_for

_DATED = (PriceSource.PRICE_LIST, PriceSource.FALLBACK)


class Listing:
    """What the lists and rows by hand say (`models`), what is switched off, and the `own` prices over all of them."""

    def __init__(
        self,
        models: Iterable[ModelInfo] = (),
        switched_off: frozenset[str] = frozenset(),
        own: PriceBook | None = None,
    ) -> None:
        self._models = {model.id: model for model in models}
        self._switched_off = switched_off
        self.own = own or PriceBook()

    @property
    def ids(self) -> Set[str]:
        """The models that are listed, have or had own prices, or are switched off."""
        return self._models.keys() | self.own.model_ids | self._switched_off

    def at(self, model_id: str, instant: datetime) -> ModelInfo:
        """Return a model, whether listed or not, at the prices that hold for a run that starts at `instant`."""
        model = self._models.get(model_id) or _unlisted(model_id, instant)
        changes: dict[str, object] = {}
        if own := self.own.prices(model_id, instant):
            changes = {"prices": own, "listed": True}
        if model_id in self._switched_off:
            changes["enabled"] = False
        return model.model_copy(update=changes) if changes else model

    def prices_without_own(self, model_id: str, instant: datetime) -> Prices:
        """Return what the lists, or a row by hand, say that a run at `instant` costs.

        The price list that ships with the lab knows its past; what a provider told is known as it told it last.
        """
        listed = self._models.get(model_id)
        if listed is None:
            return _unlisted(model_id, instant).prices
        provider, _, name = model_id.partition("/")
        told = prices_for(provider, name, instant) if listed.prices.source in _DATED else None
        return told or listed.prices


def _unlisted(model_id: str, instant: datetime) -> ModelInfo:
    provider, _, name = model_id.partition("/")
    prices = LOCAL if provider == "local" else prices_for(provider, name, instant) or FALLBACK
    return ModelInfo(id=model_id, display_name=name, prices=prices, listed=False)
