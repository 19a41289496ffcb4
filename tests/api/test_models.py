"""The models over HTTP, as the caller may use them."""

import json
from decimal import Decimal

import pytest

from core.api.models import price_steps
from core.domain.access import Tier
from core.domain.pricing import Prices, PriceSource, Rate

MODELS = "/api/v1/models"


def listed(response) -> dict[str, dict]:
    """The models by id, their prices to the last digit."""
    assert response.status_code == 200
    return {model["id"]: model for model in json.loads(response.text, parse_float=Decimal)["models"]}


def test_every_model_has_its_prices(signed_in):
    model = listed(signed_in.get(MODELS))["openai/gpt-4o-mini"]
    assert (model["cost_per_1m_input_tokens"], model["cost_per_1m_output_tokens"]) == (Decimal("0.15"), Decimal("0.6"))
    assert (model["provider"], model["context_length"], model["price_source"]) == ("openai", 128000, "genai-prices")
    assert (model["tier_required"], model["allowed"], model["available"]) == ("professional", True, True)


@pytest.mark.parametrize(("tier", "allowed"), [(Tier.TRIAL, False), (Tier.STARTER, False), (Tier.PROFESSIONAL, True)])
def test_the_tier_decides_what_is_allowed(signed_in, accounts, user, tier, allowed):
    accounts.set(user.username, tier=tier)
    models = listed(signed_in.get(MODELS))
    assert models["openai/gpt-4o-mini"]["allowed"] is allowed
    assert models["openai/gpt-4o"]["allowed"] is False
    usable = [model["allowed"] and model["available"] for model in models.values()]
    assert usable == sorted(usable, reverse=True)


def test_the_prices_of_long_requests_are_told():
    rate = Rate(base=Decimal(1), above=((200_000, Decimal(2)),))
    prices = Prices(input=rate, output=Rate(base=Decimal(5)), source=PriceSource.PRICE_LIST)
    (step,) = price_steps(prices)
    assert (step.input_tokens, step.cost_per_1m_input_tokens, step.cost_per_1m_output_tokens) == (200_000, 2, 5)


def test_whoever_is_not_signed_in_sees_no_model(client, product):
    assert client.get(MODELS).status_code == 401
