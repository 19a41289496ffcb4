"""What providers tell about their models and about a run's cost afterwards: JSON objects -> our values.

Shapes: OpenRouter's `/models` (USD per token, as text) and `/generation`; Together's `/models` (a bare array, USD per
million); names without prices from OpenAI, Groq, Anthropic and local servers, which the price list completes.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.domain.events import UsageReported
from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, LOCAL, MILLION, Prices, PriceSource, Rate
from core.domain.usage import Usage
from core.providers.dialects.fields import count_of, dollars, object_of, text_of
from core.providers.plaintext import Plaintext
from core.providers.pricelist import context_of, is_chat, prices_for
from core.providers.registry import Provider

_plain = Plaintext()
_CHAT_TYPES = ("", "chat", "language", "code", "model")


def models_in(provider: Provider, payload: Any, at: datetime) -> list[ModelInfo]:
    """Return the models of a list that can hold a conversation, with the prices that hold at `at`."""
    entries = payload if isinstance(payload, list) else object_of(payload).get("data")
    listed = entries if isinstance(entries, list) else []
    return list({model.id: model for entry in listed for model in _model(provider, object_of(entry), at)}.values())


def billed_in(payload: Any, generation_id: str) -> UsageReported | None:
    """Return what OpenRouter says afterwards about a run, or None if it says nothing about the cost of this one."""
    told = object_of(object_of(payload).get("data"))
    amount = dollars(told.get("total_cost"))
    if amount is None or told.get("id") != generation_id:
        return None
    input_tokens = count_of(told.get("native_tokens_prompt")) or count_of(told.get("tokens_prompt"))
    output_tokens = count_of(told.get("native_tokens_completion")) or count_of(told.get("tokens_completion"))
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=min(count_of(told.get("native_tokens_cached")), input_tokens),
        reasoning_tokens=min(count_of(told.get("native_tokens_reasoning")), output_tokens),
        billed_usd=amount,
    )
    return UsageReported(usage, _plain.figures(told))


def _model(provider: Provider, entry: dict[str, Any], at: datetime) -> Iterator[ModelInfo]:
    name = text_of(entry.get("id"))
    if not name or len(name) > 180 or name.split() != [name] or not _can_chat(name, entry):
        return
    context = entry.get("context_length") or entry.get("context_window") or entry.get("max_input_tokens")
    yield ModelInfo(
        id=f"{provider.name}/{name}",
        display_name=_plain(text_of(entry.get("name") or entry.get("display_name")), 100) or name,
        prices=_prices(provider, name, entry, at),
        context_tokens=count_of(context) or context_of(provider.name, name),
    )


def _can_chat(name: str, entry: dict[str, Any]) -> bool:
    modalities = object_of(entry.get("architecture")).get("output_modalities")
    writes = "text" in modalities if isinstance(modalities, list) else is_chat(name)
    kind = text_of(entry.get("type"))
    return writes and kind in _CHAT_TYPES and entry.get("active") is not False


def _prices(provider: Provider, name: str, entry: dict[str, Any], at: datetime) -> Prices:
    if provider.name == "local":
        return LOCAL
    told = _told_prices(object_of(entry.get("pricing")), provider.listed_per, at) if provider.listed_per else None
    return told or prices_for(provider.name, name, at) or FALLBACK


def _told_prices(pricing: dict[str, Any], per: int, at: datetime) -> Prices | None:
    """A router's price is -1: it depends on the model that it chooses, so none is told."""
    scale = MILLION / per
    rates = [
        _rate(pricing, scale, *names)
        for names in (
            ("prompt", "input"),
            ("completion", "output"),
            ("input_cache_read", "cached_input"),
            ("input_cache_write",),
        )
    ]
    if rates[0] is None or rates[1] is None:
        return None
    return Prices(
        input=rates[0],
        output=rates[1],
        cached=rates[2],
        cache_write=rates[3],
        per_request=dollars(pricing.get("request")) or Decimal(0),
        source=PriceSource.PROVIDER,
        as_of=at.date(),
    )


def _rate(pricing: dict[str, Any], scale: Decimal, *names: str) -> Rate | None:
    amounts = [amount for name in names if (amount := dollars(pricing.get(name))) is not None]
    return Rate(base=(amounts[0] * scale).normalize()) if amounts else None
