"""The price list that ships with the lab: prices at a time, cliffs, and what can chat at all."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices import calc_price

from core.domain.pricing import PriceSource, cost_of
from core.domain.usage import Usage
from core.providers.pricelist import context_of, is_chat, listed_models, newest_price, prices_for

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_prices_are_exact_and_say_where_they_come_from() -> None:
    prices = prices_for("openai", "gpt-4o-mini", NOW)
    assert prices is not None
    assert (prices.input.base, prices.output.base) == (Decimal("0.15"), Decimal("0.6"))
    assert prices.cached is not None
    assert prices.cached.base == Decimal("0.075")
    assert (prices.source, prices.as_of) == (PriceSource.PRICE_LIST, NOW.date())


def test_a_dated_name_has_its_models_prices() -> None:
    dated, plain = prices_for("openai", "gpt-4o-mini-2024-07-18", NOW), prices_for("openai", "gpt-4o-mini", NOW)
    assert dated == plain


def test_long_context_is_a_cliff() -> None:
    prices = prices_for("anthropic", "claude-sonnet-4-5", NOW)
    assert prices is not None
    assert prices.input.at(200_000) == Decimal(3)
    assert prices.input.at(200_001) == Decimal(6)
    assert prices.output.at(200_001) == Decimal("22.5")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("openai", "gpt-3.5-turbo"),
        ("anthropic", "claude-3-haiku-20240307"),
        ("anthropic", "claude-sonnet-4-5"),
        ("groq", "llama-3.1-8b-instant"),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ("openrouter", "anthropic/claude-3.5-sonnet"),
    ],
)
@pytest.mark.parametrize("input_tokens", [1000, 250_000])
def test_our_sum_is_the_lists_own(provider: str, model: str, input_tokens: int) -> None:
    prices = prices_for(provider, model, NOW)
    assert prices is not None
    ours = cost_of(Usage(input_tokens=input_tokens, output_tokens=777, cached_tokens=400), prices, reported=True)
    usage = ListedUsage(input_tokens=input_tokens, output_tokens=777, cache_read_tokens=400)
    theirs = calc_price(usage, model, provider_id=provider, genai_request_timestamp=NOW)
    assert ours.amount == theirs.total_price


def test_a_service_tier_has_its_own_prices() -> None:
    default = prices_for("openai", "gpt-5", NOW, service_tier="default")
    flex = prices_for("openai", "gpt-5", NOW, service_tier="flex")
    assert default is not None
    assert flex is not None
    assert default == prices_for("openai", "gpt-5", NOW)
    assert flex.input.base < default.input.base


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "no-such-model"), ("local", "smollm2-135m"), ("nobody", "x"), ("openai", "")]
)
def test_what_the_list_does_not_know_has_no_price(provider: str, model: str) -> None:
    assert prices_for(provider, model, NOW) is None


def test_free_models_of_openrouter_are_free() -> None:
    prices = prices_for("openrouter", "meta-llama/llama-3.3-70b-instruct:free", NOW)
    assert prices is not None
    assert prices.free


@pytest.mark.parametrize("provider", ["openai", "anthropic", "groq", "together", "openrouter"])
def test_every_listed_model_can_chat_and_has_a_price(provider: str) -> None:
    models = listed_models(provider, NOW)
    assert len(models) >= 20
    assert len({model.id for model in models}) == len(models)
    for model in models:
        assert model.provider == provider
        assert is_chat(model.name)
        assert prices_for(provider, model.name, NOW) is not None


def test_a_provider_that_the_list_does_not_know_has_no_models() -> None:
    assert listed_models("local", NOW) == []


@pytest.mark.parametrize(
    "name",
    ["text-embedding-3-small", "whisper-1", "tts-1-hd", "gpt-image-1", "dall-e-3", "omni-moderation-latest",
     "gpt-4o-realtime-preview", "gpt-4o-mini-transcribe", "llama-guard-3-8b", "gpt-3.5-turbo-instruct"],
)  # fmt: skip
def test_what_cannot_chat_is_not_listed(name: str) -> None:
    assert not is_chat(name)


@pytest.mark.parametrize("name", ["gpt-4o-mini", "claude-3-haiku-20240307", "o3-mini", "llama-3.1-8b-instant"])
def test_what_can_chat_is_listed(name: str) -> None:
    assert is_chat(name)


def test_the_length_of_the_window_is_told_where_it_is_known() -> None:
    assert context_of("openai", "gpt-4o-mini") == 128_000
    assert context_of("local", "smollm2-135m") is None


def test_the_list_is_as_old_as_the_newest_price_that_holds() -> None:
    newest = newest_price(NOW)
    assert newest is not None and newest <= NOW.date()
    assert newest_price(datetime(2000, 1, 1, tzinfo=UTC)) is None
    assert newest_price(datetime.combine(newest, time(), UTC)) == newest
