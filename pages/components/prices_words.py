"""How prices read: where they come from, what they are, since when."""

from datetime import datetime

from core.domain.own_prices import OwnPrice
from core.domain.pricing import Prices, PriceSource, Rate
from core.lab import current
from pages.components import format as show

SOURCES = {
    PriceSource.ADMINISTRATOR: "Administrator",
    PriceSource.PROVIDER: "Provider",
    PriceSource.PRICE_LIST: "Price list",
    PriceSource.LOCAL: "Local",
    PriceSource.FALLBACK: "Fallback",
}
PARTS = {"Input": "input", "Output": "output", "Cached input": "cached", "Cache write": "cache_write"}
BACK = "Back to what the lists say"


def rate(told: Rate | None) -> str:
    """Return a price per million tokens, with the last of its cliffs if it has any: `$1.25`, `$1.25 – $2.50`."""
    if told is None:
        return show.UNKNOWN
    last = [show.money_exact(price) for _, price in sorted(told.above)[-1:]]
    return " – ".join([show.money_exact(told.base), *last])


def per_request(prices: Prices) -> str:
    """Return what each request costs beside its tokens."""
    return show.money_exact(prices.per_request) if prices.per_request else show.UNKNOWN


def in_a_line(prices: Prices | None) -> str:
    """Return prices in one line."""
    if prices is None:
        return BACK
    cached = f" · {rate(prices.cached)} cached" if prices.cached else ""
    written = f" · {rate(prices.cache_write)} cache write" if prices.cache_write else ""
    request = f" · {per_request(prices)} a request" if prices.per_request else ""
    return f"{rate(prices.input)} in · {rate(prices.output)} out{cached}{written}{request}"


def as_of(prices: Prices) -> str:
    """Return the day that prices are of."""
    return f"{prices.as_of.day} {prices.as_of:%b %Y}" if prices.as_of else show.UNKNOWN


def state(entry: OwnPrice, entries: list[OwnPrice], now: datetime) -> str:
    """Return how an entry stands among all of its model, which are in the order of `PriceDesk.history`."""
    if entry.starts_at > now:
        return ":blue-badge[To come]"
    begun = next(one for one in entries if one.starts_at <= now)
    if entry is begun:
        return ":green-badge[In force]"
    replaced = any(one.starts_at == entry.starts_at and one.id > entry.id for one in entries)
    return ":gray-badge[Replaced]" if replaced else ":gray-badge[Past]"


def when(instant: datetime, now: datetime) -> str:
    """Return an instant in the reporting zone."""
    return show.when(instant, current().settings.timezone, now=now)
