"""What a run costs, and why. Prices are data, in USD per million tokens; money is `Decimal` throughout.

    cost = input × its price + cached × its price + cache writes × their price + output × its price, each per million

The parts of a whole are taken out of it before they are priced, so nothing is counted twice (see `Usage`).
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from core.domain.usage import Usage

MILLION = Decimal(1_000_000)


class CostSource(StrEnum):
    """Where a cost comes from."""

    PROVIDER = "provider"
    COMPUTED = "computed"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


class PriceSource(StrEnum):
    """Where prices come from, in the order of trust."""

    ADMINISTRATOR = "administrator"
    PROVIDER = "provider"
    PRICE_LIST = "genai-prices"
    LOCAL = "local"
    FALLBACK = "fallback"


class Rate(BaseModel):
    """A price per million tokens. `above` holds cliffs: beyond so many input tokens, another price for all of them."""

    model_config = ConfigDict(frozen=True)

    base: Decimal
    above: tuple[tuple[int, Decimal], ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """Return the price that holds for a request of `input_tokens`."""
        reached = [price for start, price in sorted(self.above) if input_tokens > start]
        return reached[-1] if reached else self.base


class Prices(BaseModel):
    """The prices of one model at one time. Cached input without a price of its own costs as much as input."""

    model_config = ConfigDict(frozen=True)

    input: Rate
    output: Rate
    cached: Rate | None = None
    cache_write: Rate | None = None
    per_request: Decimal = Decimal(0)
    source: PriceSource
    as_of: date | None = None

    @property
    def free(self) -> bool:
        """Whether nothing at all is charged."""
        rates = (self.input, self.output, self.cached, self.cache_write)
        return self.per_request == 0 and all(not rate or (rate.base == 0 and not rate.above) for rate in rates)


def flat(input_price: str, output_price: str, source: PriceSource) -> Prices:
    """Return prices per million with neither cliffs nor cache prices."""
    return Prices(input=Rate(base=Decimal(input_price)), output=Rate(base=Decimal(output_price)), source=source)


FALLBACK = flat("0.50", "1.50", PriceSource.FALLBACK)
LOCAL = flat("0", "0", PriceSource.LOCAL)


class CostLine(BaseModel):
    """One line of the sum: so many tokens at so much per million."""

    model_config = ConfigDict(frozen=True)

    label: str
    tokens: int
    per_million: Decimal
    amount: Decimal


class Cost(BaseModel):
    """The cost of a run in USD, its source, and the sum that it is made of. `amount` is None only when unknown."""

    model_config = ConfigDict(frozen=True)

    amount: Decimal | None
    source: CostSource
    lines: tuple[CostLine, ...] = ()


UNKNOWN = Cost(amount=None, source=CostSource.UNKNOWN)


def cost_of(usage: Usage, prices: Prices, *, reported: bool) -> Cost:
    """Return the cost of `usage`. What the provider billed wins; else the sum, which is only an estimate
    if the usage was not `reported` by the provider or the prices are the fallback. Nothing used is exactly nothing."""
    lines = _lines(usage, prices)
    if usage.billed_usd is not None:
        return Cost(amount=usage.billed_usd, source=CostSource.PROVIDER, lines=lines)
    amount = sum((line.amount for line in lines), Decimal(0))
    exact = not usage.total_tokens or (reported and prices.source is not PriceSource.FALLBACK)
    return Cost(amount=amount, source=CostSource.COMPUTED if exact else CostSource.ESTIMATED, lines=lines)


def worst_case(input_tokens: int, max_tokens: int, prices: Prices) -> Decimal:
    """Return the most that a request can cost: all input at its dearest price, and every token it may write."""
    output = prices.output.at(input_tokens)
    return (dearest_input(input_tokens, prices) * input_tokens + output * max_tokens) / MILLION + prices.per_request


def dearest_input(input_tokens: int, prices: Prices) -> Decimal:
    """Return the most that a million of input tokens can cost in a request of `input_tokens`."""
    return max(rate.at(input_tokens) for rate in (prices.input, prices.cache_write) if rate)


def _lines(usage: Usage, prices: Prices) -> tuple[CostLine, ...]:
    fresh = max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0)
    parts = [
        ("Input", fresh, prices.input),
        ("Cached input", usage.cached_tokens, prices.cached or prices.input),
        ("Cache write", usage.cache_write_tokens, prices.cache_write or prices.input),
        ("Output", usage.output_tokens, prices.output),
    ]
    lines = [_line(label, tokens, rate.at(usage.input_tokens)) for label, tokens, rate in parts if tokens]
    if prices.per_request and usage.total_tokens:
        lines.append(CostLine(label="Per request", tokens=0, per_million=Decimal(0), amount=prices.per_request))
    return tuple(lines)


def _line(label: str, tokens: int, per_million: Decimal) -> CostLine:
    return CostLine(label=label, tokens=tokens, per_million=per_million, amount=per_million * tokens / MILLION)
