"""A model in the list says what it is, who has it, what it costs, and what stands in the way."""

import pytest

from core.domain.access import CONTRACT, Role, Tier, may_use, tier_required
from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, LOCAL, PriceSource, flat
from core.providers.registry import PROVIDERS
from core.services.models import ModelChoice
from pages.components.model_picker import label, reason

PRICES = flat("0.15", "0.60", PriceSource.PRICE_LIST)


def choice(model_id="openai/gpt-4o-mini", prices=PRICES, *, tier=Tier.ENTERPRISE, available=True, **changes):
    model = ModelInfo(**{"id": model_id, "display_name": model_id.rpartition("/")[2], "prices": prices} | changes)
    return ModelChoice(
        model=model,
        provider_name=PROVIDERS[model.provider].display_name,
        tier_required=tier_required(model, CONTRACT),
        allowed=may_use(tier, model, CONTRACT),
        available=available,
    )


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (choice(context_tokens=128_000), "gpt-4o-mini · OpenAI · $0.15 in, $0.60 out · 128k"),
        (choice("openai/new", FALLBACK), "new · OpenAI · price not known"),
        (choice("local/smollm2", LOCAL, context_tokens=8192), "smollm2 · Local · free · 8k"),
        (choice(tier=Tier.TRIAL), "gpt-4o-mini · OpenAI · $0.15 in, $0.60 out · needs professional"),
        (choice(available=False), "gpt-4o-mini · OpenAI · $0.15 in, $0.60 out · no key"),
        (choice("local/smollm2", LOCAL, available=False), "smollm2 · Local · free · starting"),
        (
            choice(tier=Tier.TRIAL, available=False),
            "gpt-4o-mini · OpenAI · $0.15 in, $0.60 out · needs professional",
        ),
    ],
)
def test_a_label_tells_all_that_is_known(chosen, told):
    assert label(chosen) == told


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (choice(tier=Tier.TRIAL), "part of the professional tier.** Yours is trial: an administrator can change it."),
        (choice(available=False), "**No key for OpenAI is configured.** Store one of your own under Account"),
        (choice("local/smollm2", LOCAL, available=False), "is not running yet.** It starts by itself"),
    ],
)
def test_what_stands_in_the_way_is_explained(chosen, told):
    assert told in reason(chosen, User("ann", "ann", Tier.TRIAL, Role.OPS))


def test_a_name_is_shown_as_it_stands():
    assert r"\*\*bold\*\*" in reason(choice("openai/**bold**", tier=Tier.TRIAL), User("a", "a", Tier.TRIAL, Role.OPS))
