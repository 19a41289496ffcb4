"""The tier table, for many models a tier: who may use what, and the lowest tier that may."""

from decimal import Decimal

import pytest

from core.domain.access import (
    CONTRACT,
    EVERY_MODEL,
    Role,
    Tier,
    TierRule,
    may_use,
    reads_everybodys_spend,
    rule_of,
    tier_named,
    tier_required,
)
from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, LOCAL, Prices, PriceSource, Rate, flat

PRICED = flat("0.15", "0.60", PriceSource.PRICE_LIST)
ZERO = Prices(input=Rate(base=Decimal(0)), output=Rate(base=Decimal(0)), source=PriceSource.PROVIDER)

TRIAL = [
    *((f"local/{name}", LOCAL) for name in ("smollm2-135m", "llama3.2:3b", "qwen2.5-coder", "phi-4", "gemma3:1b")),
    *((f"local/{name}", FALLBACK) for name in ("mistral", "deepseek-r1:8b", "org/model", "tinyllama", "x")),
    *(
        (f"openrouter/{name}:free", PRICED)
        for name in ("meta-llama/llama-3.3-70b-instruct", "google/gemma-3-27b-it", "qwen/qwen3-8b", "a/b", "z-ai/glm")
    ),
    *((f"openrouter/{name}", ZERO) for name in ("openrouter/auto-free", "some/preview", "x/stealth", "y/beta", "q/r")),
]
STARTER = [
    *(
        (f"openrouter/{name}", PRICED)
        for name in (
            "anthropic/claude-3.5-sonnet",
            "openai/gpt-4o",
            "openai/gpt-4o-mini",
            "google/gemini-2.5-pro",
            "x/freeform",
            "x/model:freemium",
            "x/free",
            "deepseek/deepseek-chat",
        )
    ),
    *((f"groq/{name}", PRICED) for name in ("llama-3.1-8b-instant", "llama-3.3-70b-versatile", "gemma2-9b-it", "kimi")),
    *((f"groq/{name}", ZERO) for name in ("free-of-charge", "preview:free")),
    *(
        (f"together/{name}", PRICED)
        for name in (
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "Qwen/Qwen2.5-7B",
            "mistralai/Mixtral",
            "deepseek-ai/R1",
        )
    ),
    *((f"together/{name}", FALLBACK) for name in ("unknown/model", "a/b:free")),
]
PROFESSIONAL = [
    *(
        (f"openai/{name}", PRICED)
        for name in (
            "gpt-3.5-turbo",
            "gpt-3.5-turbo-0125",
            "gpt-3.5-turbo-1106",
            "gpt-3.5-turbo-16k",
            "gpt-3.5",
            "gpt-3.5-turbo-instruct",
            "gpt-3.5-turbo-0613",
            "gpt-4o-mini",
            "gpt-4o-mini-2024-07-18",
            "gpt-4o-mini-search-preview",
            "gpt-4o-mini-audio-preview",
            "gpt-4o-mini:free",
        )
    ),
    *((f"openai/{name}", ZERO) for name in ("gpt-3.5-zero", "gpt-4o-mini-zero")),
    *(
        (f"anthropic/{name}", PRICED)
        for name in (
            "claude-3-haiku-20240307",
            "claude-3-haiku",
            "claude-3-haiku-latest",
            "claude-3-haiku@20240307",
            "claude-3-haiku-x",
            "claude-3-haiku:free",
        )
    ),
]
ENTERPRISE = [
    *(
        (f"openai/{name}", PRICED)
        for name in (
            "gpt-4o",
            "gpt-4",
            "gpt-4-turbo",
            "o1",
            "o3-mini",
            "gpt-5",
            "gpt-4.1-nano",
            "gpt-4o-2024-08-06",
            "x",
        )
    ),
    *((f"openai/{name}", ZERO) for name in ("gpt-oss:free", "free-model")),
    *(
        (f"anthropic/{name}", PRICED)
        for name in (
            "claude-3-5-haiku-20241022",
            "claude-3-5-sonnet-20241022",
            "claude-3-opus-20240229",
            "claude-3-sonnet-20240229",
            "claude-sonnet-4-5",
            "claude-opus-4",
            "claude-haiku-4-5",
            "claude-2.1",
            "claude-instant-1.2",
        )
    ),
]
TABLE = {Tier.TRIAL: TRIAL, Tier.STARTER: STARTER, Tier.PROFESSIONAL: PROFESSIONAL, Tier.ENTERPRISE: ENTERPRISE}
CASES = [(tier, model_id, prices) for tier, models in TABLE.items() for model_id, prices in models]


def model(model_id, prices):
    return ModelInfo(id=model_id, display_name=model_id, prices=prices)


def test_the_table_has_twenty_models_a_tier():
    assert {tier: len(models) for tier, models in TABLE.items()} == dict.fromkeys(Tier, 20)


@pytest.mark.parametrize(("lowest", "model_id", "prices"), CASES)
def test_the_lowest_tier_is_required_and_every_higher_one_may(lowest, model_id, prices):
    assert tier_required(model(model_id, prices), CONTRACT) is lowest
    order = list(Tier)
    allowed = {tier for tier in Tier if may_use(tier, model(model_id, prices), CONTRACT)}
    assert allowed == set(order[order.index(lowest) :])


def test_limits_a_month():
    assert [rule_of(tier, CONTRACT).runs_a_month for tier in Tier] == [100, 1_000, 10_000, None]


@pytest.mark.parametrize("name", ["", "gold", "TRIAL", "Enterprise", "enterprise "])
def test_an_unknown_tier_counts_as_trial(name):
    assert tier_named(name) is Tier.TRIAL


def test_who_reads_everybodys_spend():
    assert [reads_everybodys_spend(role) for role in Role] == [False, True, True]


def test_a_higher_tier_may_always_use_what_a_lower_one_may():
    rules = (TierRule(1, ("openai/gpt-5",)), TierRule(2), TierRule(3, ("groq/",)), TierRule(None, EVERY_MODEL))
    assert [may_use(tier, model("openai/gpt-5", PRICED), rules) for tier in Tier] == [True, True, True, True]
    assert [may_use(tier, model("groq/x", PRICED), rules) for tier in Tier] == [False, False, True, True]
    assert tier_required(model("local/x", LOCAL), rules) is Tier.ENTERPRISE


def test_what_openrouter_gives_away_may_be_allowed_to_any_tier():
    rules = (TierRule(1), TierRule(2, free_on_openrouter=True), TierRule(3), TierRule(None, EVERY_MODEL))
    assert tier_required(model("openrouter/a/b:free", PRICED), rules) is Tier.STARTER
    assert tier_required(model("openrouter/a/b", ZERO), rules) is Tier.STARTER
    assert tier_required(model("openrouter/a/b", PRICED), rules) is Tier.ENTERPRISE
