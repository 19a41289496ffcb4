"""The models, as the caller may use them."""

from collections.abc import Sequence
from decimal import Decimal

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import JSON, encoded
from core.api.callers import caller
from core.api.queries import Query, asked
from core.api.schemas import ModelEntry, ModelList, PriceStep
from core.domain.access import Tier
from core.domain.accounts import User
from core.domain.pricing import Prices, Rate
from core.services.models import ModelChoice

_told: dict[Tier, tuple[Sequence[ModelChoice], bytes]] = {}


async def models(request: Request) -> Response:
    """`GET /models`: every model with its prices, those that can be used now first."""
    user = (await caller(request)).user
    asked(request, Query)
    return Response(await run_sync(_models, user), media_type=JSON)


def _models(user: User) -> bytes:
    """The list is long and changes seldom, so what was told is kept for as long as `Models` keeps the list."""
    choices = lab.current().models.choices(user)
    if _told.get(user.tier, (None,))[0] is not choices:
        _told[user.tier] = choices, encoded(ModelList(models=tuple(_entry(choice) for choice in choices)))
    return _told[user.tier][1]


def _entry(choice: ModelChoice) -> ModelEntry:
    model, prices = choice.model, choice.model.prices
    return ModelEntry(
        id=model.id,
        display_name=model.display_name,
        provider=model.provider,
        tier_required=choice.tier_required,
        allowed=choice.allowed,
        available=choice.available,
        context_length=model.context_tokens,
        cost_per_1m_input_tokens=prices.input.base,
        cost_per_1m_output_tokens=prices.output.base,
        cost_per_1m_cached_tokens=_base(prices.cached),
        cost_per_1m_cache_write_tokens=_base(prices.cache_write),
        cost_per_request=prices.per_request,
        steps=price_steps(prices),
        price_source=prices.source,
    )


def _base(rate: Rate | None) -> Decimal | None:
    return None if rate is None else rate.base


def price_steps(prices: Prices) -> tuple[PriceStep, ...]:
    """Return what holds beyond the cliffs of `prices`."""
    starts = sorted({start for rate in (prices.input, prices.output) for start, _ in rate.above})
    return tuple(
        PriceStep(
            input_tokens=start,
            cost_per_1m_input_tokens=prices.input.at(start + 1),
            cost_per_1m_output_tokens=prices.output.at(start + 1),
        )
        for start in starts
    )
