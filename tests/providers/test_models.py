"""The lists of models as each provider tells them, and what a run cost as it is told afterwards."""

from decimal import Decimal

import pytest

from core.domain.pricing import LOCAL, PriceSource
from core.errors import Unavailable
from core.providers.registry import PROVIDERS
from tests.providers.conftest import KEY, Asker

PATHS = {
    "openrouter": "/openrouter/api/v1/models",
    "openai": "/openai/v1/models",
    "anthropic": "/anthropic/v1/models?limit=1000",
    "groq": "/groq/openai/v1/models",
    "together": "/together/v1/models",
    "local": "/local/v1/models",
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_provider_lists_its_models(ask: Asker, provider: str) -> None:
    models = await ask.client.list_models(PROVIDERS[provider], ask.simulator.base_url(provider), KEY)
    assert models
    assert all(model.provider == provider for model in models)
    (request,) = ask.simulator.requests
    assert (request.method, request.path, request.key) == ("GET", PATHS[provider], KEY)


async def test_prices_come_from_where_they_are_known_best(ask: Asker) -> None:
    listed = {}
    for provider in PROVIDERS.values():
        models = await ask.client.list_models(provider, ask.simulator.base_url(provider.name), KEY)
        listed |= {model.id: model for model in models}
    assert listed["openrouter/anthropic/claude-3.5-sonnet"].prices.source is PriceSource.PROVIDER
    assert listed["openrouter/anthropic/claude-3.5-sonnet"].prices.output.base == Decimal(15)
    assert listed["openrouter/meta-llama/llama-3.3-70b-instruct:free"].prices.free
    assert listed["openai/gpt-4o-mini"].prices.source is PriceSource.PRICE_LIST
    assert listed["anthropic/claude-3-haiku-20240307"].display_name == "Claude Haiku 3"
    assert listed["local/smollm2-135m"].prices == LOCAL
    assert not any(
        word in model_id for model_id in listed for word in ("whisper", "embedding", "dall-e", "flux", "bge")
    )


async def test_a_list_that_is_refused_is_unavailable_in_plain_words(ask: Asker) -> None:
    with pytest.raises(Unavailable, match="no key was sent"):
        await ask.client.list_models(PROVIDERS["openai"], ask.simulator.base_url("openai"), None)


async def test_the_cost_of_a_stopped_run_is_told_a_moment_later(ask: Asker) -> None:
    provider, base_url = PROVIDERS["openrouter"], ask.simulator.base_url("openrouter")
    stopped = await ask("openrouter", "sim/silent?after=5&input=50&cost=0.000123", stall_timeout_s=0.2)
    assert stopped.generation_id is not None
    assert await ask.client.billed(provider, base_url, KEY, stopped.generation_id) is None
    billed = await ask.client.billed(provider, base_url, KEY, stopped.generation_id)
    assert billed is not None
    assert (billed.usage.billed_usd, billed.usage.input_tokens) == (Decimal("0.000123"), 50)
    assert [request.method for request in ask.simulator.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(("status", "words"), [(429, "asks us to wait"), (500, "reported an error"), (401, "key")])
async def test_a_question_for_the_cost_that_is_refused_is_unavailable_in_plain_words(
    ask: Asker, status: int, words: str
) -> None:
    stopped = await ask("openrouter", f"sim/silent?after=5&bill={status}", stall_timeout_s=0.2)
    with pytest.raises(Unavailable, match=words) as refusal:
        await ask.client.billed(
            PROVIDERS["openrouter"], ask.simulator.base_url("openrouter"), KEY, stopped.generation_id or ""
        )
    assert KEY not in refusal.value.message


async def test_a_cost_that_nobody_knows_or_of_another_run_is_none(ask: Asker) -> None:
    provider, base_url = PROVIDERS["openrouter"], ask.simulator.base_url("openrouter")
    assert await ask.client.billed(provider, base_url, KEY, "gen-unknown") is None
    assert await ask.client.billed(PROVIDERS["openai"], ask.simulator.base_url("openai"), KEY, "x") is None
    stopped = await ask("openrouter", "sim/silent?after=5&bill=200&bill_id=gen-1000000", stall_timeout_s=0.2)
    assert await ask.client.billed(provider, base_url, KEY, stopped.generation_id or "") is None
