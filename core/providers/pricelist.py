"""The price list that ships with the lab: `genai-prices`, offline, dated, in `Decimal`.

It covers models that a provider's own list names without a price, and those of providers without a key.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo as ListedModel
from genai_prices.types import ModelPrice, StartDateConstraint, TieredPrices

from core.domain.models import ModelInfo
from core.domain.pricing import Prices, PriceSource, Rate, flat

_NO_CHAT = re.compile(
    r"embed|whisper|tts|transcri|moderation|realtime|audio|speech|orpheus|image|dall-e|sora|flux|diffusion|veo-"
    r"|rerank|guard|davinci|babbage|gpt-3.5-turbo-instruct|computer-use|^ada$|^curie$|^ft:|ft-$|:batch$",
    re.IGNORECASE,
)
_UNITS = ("input_mtok", "output_mtok", "requests_kcount")


def is_chat(model_name: str) -> bool:
    """Return whether a model of that name can hold a conversation, as far as names tell."""
    return not _NO_CHAT.search(model_name)


def prices_for(provider_name: str, model_name: str, at: datetime, *, service_tier: str | None = None) -> Prices | None:
    """Return the prices that hold at `at` for a model and its service tier, or None if the list does not know it."""
    if provider_name == "openrouter" and model_name.endswith(":free"):
        return flat("0", "0", PriceSource.PRICE_LIST)
    model = _find(provider_name, model_name)
    return _prices(model, at, service_tier) if model else None


def context_of(provider_name: str, model_name: str) -> int | None:
    """Return the length of the model's window in tokens, where the list knows it."""
    model = _find(provider_name, model_name)
    return model.context_window if model else None


def listed_models(provider_name: str, at: datetime) -> list[ModelInfo]:
    """Return the provider's models that can chat and have a price at `at`; none for a provider it does not know."""
    known = next((provider for provider in get_snapshot().providers if provider.id == provider_name), None)
    models = [model for model in (known.models if known else []) if is_chat(model.id)]
    if provider_name == "openrouter":  # beside the names that it uses, the list has short ones of its own
        models = [model for model in models if "/" in model.id]
    return [info for model in models if (info := _info(provider_name, model, at))]


def newest_price(at: datetime) -> date | None:
    """Return the day of the newest price that the list knows to hold at `at`: the list is no older than that, and as
    it bears no date of its own, this is how old it is taken to be. None if it dates nothing."""
    return max((start for start in _starts() if start <= at.date()), default=None)


@cache
def _starts() -> frozenset[date]:
    prices = (model.prices for provider in get_snapshot().providers for model in provider.models)
    conditions = (price.constraint for listed in prices if isinstance(listed, list) for price in listed)
    return frozenset(one.start_date for one in conditions if isinstance(one, StartDateConstraint))


def _info(provider_name: str, model: ListedModel, at: datetime) -> ModelInfo | None:
    prices = prices_for(provider_name, model.id, at)
    if prices is None:
        return None
    return ModelInfo(
        id=f"{provider_name}/{model.id}",
        display_name=model.name or model.id,
        prices=prices,
        context_tokens=model.context_window,
    )


@lru_cache(maxsize=4096)
def _find(provider_name: str, model_name: str) -> ListedModel | None:
    try:
        return get_snapshot().find_provider_model(model_name, None, provider_name, None)[1]
    except LookupError:
        return None


def _prices(model: ListedModel, at: datetime, service_tier: str | None) -> Prices | None:
    listed = model.get_prices(at, {"service_tier": service_tier} if service_tier else None)
    input_rate, output_rate, request_rate = (_rate(listed, unit) for unit in _UNITS)
    if input_rate is None or output_rate is None:
        return None
    return Prices(
        input=input_rate,
        output=output_rate,
        cached=_rate(listed, "cache_read_mtok"),
        cache_write=_rate(listed, "cache_write_mtok"),
        per_request=request_rate.base / 1000 if request_rate else Decimal(0),
        source=PriceSource.PRICE_LIST,
        as_of=at.date(),
    )


def _rate(listed: ModelPrice, name: str) -> Rate | None:
    price = getattr(listed, name)
    if isinstance(price, TieredPrices):
        return Rate(base=price.base, above=tuple((tier.start, tier.price) for tier in price.tiers))
    return None if price is None else Rate(base=price)
