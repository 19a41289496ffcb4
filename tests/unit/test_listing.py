"""What is read out of the providers' lists of models, and out of what they billed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.domain.pricing import FALLBACK, LOCAL, PriceSource
from core.domain.usage import Usage
from core.providers.listing import billed_in, models_in
from core.providers.registry import PROVIDERS

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_openrouters_prices_are_per_token_and_become_per_million() -> None:
    pricing = {"prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003", "request": "0.01"}
    entry = {"id": "anthropic/claude-3.5-sonnet", "name": "Claude", "context_length": 200_000, "pricing": pricing}
    (model,) = models_in(PROVIDERS["openrouter"], {"data": [entry]}, NOW)
    assert (model.id, model.display_name) == ("openrouter/anthropic/claude-3.5-sonnet", "Claude")
    assert model.context_tokens == 200_000
    assert (model.prices.input.base, model.prices.output.base) == (Decimal(3), Decimal(15))
    assert model.prices.cached is not None
    assert model.prices.cached.base == Decimal("0.3")
    assert model.prices.cache_write is None
    assert model.prices.per_request == Decimal("0.01")
    assert (model.prices.source, model.prices.as_of) == (PriceSource.PROVIDER, NOW.date())


def test_a_router_has_no_price_of_its_own() -> None:
    entry = {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}}
    assert models_in(PROVIDERS["openrouter"], {"data": [entry]}, NOW)[0].prices == FALLBACK


def test_togethers_list_is_bare_and_its_prices_per_million() -> None:
    chat = {"id": "a/b", "type": "chat", "context_length": 4096, "pricing": {"input": 0.88, "output": 0.9}}
    (model,) = models_in(PROVIDERS["together"], [chat, {"id": "a/c", "type": "embedding"}], NOW)
    assert (model.prices.input.base, model.prices.output.base) == (Decimal("0.88"), Decimal("0.9"))


def test_names_without_prices_are_completed_from_the_price_list() -> None:
    names = ["gpt-4o-mini", "text-embedding-3-small", "gpt-unheard-of"]
    models = models_in(PROVIDERS["openai"], {"data": [{"id": name} for name in names]}, NOW)
    assert [model.name for model in models] == ["gpt-4o-mini", "gpt-unheard-of"]
    assert models[0].prices.source is PriceSource.PRICE_LIST
    assert models[0].context_tokens == 128_000
    assert models[1].prices == FALLBACK


def test_what_runs_here_costs_nothing() -> None:
    assert models_in(PROVIDERS["local"], {"data": [{"id": "smollm2-135m"}]}, NOW)[0].prices == LOCAL


def test_models_that_write_no_text_or_are_switched_off_are_left_out() -> None:
    image = {"id": "a/image-maker", "architecture": {"output_modalities": ["image"]}}
    both = {"id": "a/gemini-image", "architecture": {"output_modalities": ["image", "text"]}}
    assert [model.name for model in models_in(PROVIDERS["openrouter"], {"data": [image, both]}, NOW)] == [both["id"]]
    assert models_in(PROVIDERS["groq"], {"data": [{"id": "old", "active": False}]}, NOW) == []


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, {"data": None}, {"data": ["x", None, {}, {"id": 5}, {"id": ""}, {"id": "a b"}, {"id": "x" * 999}]}],
)
def test_what_makes_no_sense_is_left_out(payload: Any) -> None:
    for provider in PROVIDERS.values():
        assert models_in(provider, payload, NOW) == []


def test_a_model_is_listed_once() -> None:
    assert len(models_in(PROVIDERS["openai"], {"data": [{"id": "gpt-4o"}, {"id": "gpt-4o"}]}, NOW)) == 1


def test_what_openrouter_billed_is_read_exactly() -> None:
    told = {
        "id": "gen-1",
        "total_cost": 0.000669,
        "native_tokens_prompt": 43,
        "native_tokens_completion": 36,
        "native_tokens_reasoning": 13,
        "native_tokens_cached": 2,
    }
    billed = billed_in({"data": told}, "gen-1")
    assert billed is not None
    assert billed.usage == Usage(
        input_tokens=43, output_tokens=36, reasoning_tokens=13, cached_tokens=2, billed_usd=Decimal("0.000669")
    )
    assert billed.raw == told


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"data": {}},
        {"data": {"id": "gen-1", "total_cost": None}},
        {"data": {"id": "gen-2", "total_cost": 1}},
        {"error": "no"},
    ],
)
def test_nothing_billed_for_the_run_is_nothing_told(payload: Any) -> None:
    assert billed_in(payload, "gen-1") is None
