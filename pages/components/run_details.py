"""The figures of one run and how its cost came about, as the playground and the history both show them."""

from decimal import Decimal
from typing import Any, Protocol, assert_never

import streamlit as st

from core.domain.pricing import Cost, CostLine, CostSource, Prices, PriceSource
from core.domain.runs import Payer, speed
from core.domain.usage import Usage
from pages.components import format as show


class Figures(Protocol):
    """What is told of a run that has ended. Durations in milliseconds."""

    @property
    def usage(self) -> Usage: ...
    @property
    def cost(self) -> Cost: ...
    @property
    def prices(self) -> Prices: ...
    @property
    def raw_usage(self) -> dict[str, Any] | None: ...
    @property
    def paid_by(self) -> Payer: ...
    @property
    def latency_ms(self) -> int | None: ...
    @property
    def ttft_ms(self) -> int | None: ...


def draw_figures(run: Figures) -> None:
    """Draw one quiet line of figures, with the derivation behind the cost."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_tokens(run.usage), width="content")
        exact = show.literal(f"{show.money_exact(run.cost.amount)} – how this was computed")
        with st.popover(show.literal(show.cost(run.cost)), type="tertiary", help=exact):
            draw_cost(run.cost, run.usage, run.prices, run.paid_by)
            draw_raw_usage(run.raw_usage)
        st.caption(_timings(run), width="content")


def figures(run: Figures) -> str:
    """Return the line of figures as text."""
    return f"{_tokens(run.usage)} · {show.cost(run.cost)} · {_timings(run)}"


def draw_cost(cost: Cost, usage: Usage, prices: Prices, paid_by: Payer = Payer.LAB) -> None:
    """Draw how the cost was computed, line by line, where tokens and prices come from, and who paid."""
    if cost.lines:
        st.table(_derivation(cost), border="horizontal", hide_index=True, alt="How the cost is computed")
    if parts := _parts(usage):
        st.caption(parts)
    st.caption(show.literal(f"{explain_cost(cost, prices)} {explain_prices(prices)}{explain_payer(paid_by)}"))


def draw_raw_usage(raw: dict[str, Any] | None) -> None:
    """Draw the provider's own usage object, folded."""
    if raw:
        with st.expander("Usage as the provider reported it", type="compact"):
            st.json(raw)


def explain_cost(cost: Cost, prices: Prices) -> str:
    """Return where a cost comes from, in a sentence."""
    match cost.source:
        case CostSource.PROVIDER:
            return f"The provider billed {show.money_exact(cost.amount)}; that counts.{_own_sum(cost)}"
        case CostSource.COMPUTED if not cost.lines:
            return "No tokens were used, so there is nothing to pay."
        case CostSource.COMPUTED:
            return "The provider counted the tokens."
        case CostSource.ESTIMATED if prices.source is PriceSource.FALLBACK:
            return "An estimate: no price is known for this model."
        case CostSource.ESTIMATED:
            return "An estimate: the provider did not report its usage, so the lab counted the tokens."
        case CostSource.UNKNOWN:
            return "What this run cost is not known: its usage was never reported."
    assert_never(cost.source)


def explain_payer(paid_by: Payer) -> str:
    """Return who paid, in a sentence, where it was not the lab."""
    return " It was paid for with the user's own key, so it counts in no budget." if paid_by is Payer.OWN else ""


def explain_prices(prices: Prices) -> str:
    """Return where prices come from, in a sentence."""
    day = f"{prices.as_of.day} {prices.as_of:%B %Y}" if prices.as_of else ""
    as_of = f" of {day}" if day else ""
    match prices.source:
        case PriceSource.ADMINISTRATOR:
            return f"The prices were set by an administrator{f', from {day} on' if day else ''}."
        case PriceSource.PROVIDER:
            return f"The prices are the provider's own{as_of}."
        case PriceSource.PRICE_LIST:
            return f"The prices are those of the genai-prices list{as_of}."
        case PriceSource.LOCAL:
            return "A local model costs nothing."
        case PriceSource.FALLBACK:
            into, out = show.money_exact(prices.input.base), show.money_exact(prices.output.base)
            return f"It is priced at {into} in and {out} out per million tokens."
    assert_never(prices.source)


def _tokens(usage: Usage) -> str:
    return f"{show.tokens(usage.input_tokens)} in · {show.tokens(usage.output_tokens)} out"


def _timings(run: Figures) -> str:
    rate = speed(run.usage.output_tokens, run.latency_ms, run.ttft_ms)
    told = ["own key"] if run.paid_by is Payer.OWN else []
    told += [f"first word {show.duration(run.ttft_ms)}"] if run.ttft_ms is not None else []
    told += [show.duration(run.latency_ms)] if run.latency_ms is not None else []
    told += [show.speed(rate)] if rate is not None else []
    return " · ".join(told)


def _derivation(cost: Cost) -> dict[str, list[str]]:
    """The lines as columns; the last is their sum, where there is more than one."""
    rows = [_line(line) for line in cost.lines]
    if len(rows) > 1:
        rows.append(("**Sum**", "", "", f"**{_exact(_sum(cost))}**"))
    names = ("Part", "Tokens", "Per million", "Amount")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _line(line: CostLine) -> tuple[str, str, str, str]:
    if not line.tokens:
        return line.label, "", "", _exact(line.amount)
    return line.label, show.tokens(line.tokens), _exact(line.per_million), _exact(line.amount)


def _parts(usage: Usage) -> str:
    parts = (("cached", usage.cached_tokens), ("written to the cache", usage.cache_write_tokens))
    told = [f"{show.tokens(number)} {what}" for what, number in parts if number]
    inside = [f"Input includes {' and '.join(told)}."] if told else []
    if usage.reasoning_tokens:
        inside.append(f"Output includes {show.tokens(usage.reasoning_tokens)} of reasoning.")
    return " ".join(inside)


def _own_sum(cost: Cost) -> str:
    return f" The sum by list price is {show.money_exact(_sum(cost))}." if cost.lines else ""


def _sum(cost: Cost) -> Decimal:
    return sum((line.amount for line in cost.lines), Decimal(0))


def _exact(amount: Decimal) -> str:
    return show.literal(show.money_exact(amount))
