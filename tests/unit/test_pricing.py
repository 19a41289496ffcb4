"""A cost is the exact sum of its parts, nothing twice, and says where it comes from."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.pricing import FALLBACK, LOCAL, CostSource, Prices, PriceSource, Rate, cost_of, flat, worst_case
from core.domain.usage import Usage

MINI = Prices(
    input=Rate(base=Decimal("0.15")),
    output=Rate(base=Decimal("0.60")),
    cached=Rate(base=Decimal("0.075")),
    cache_write=Rate(base=Decimal("0.1875")),
    source=PriceSource.PRICE_LIST,
)
tokens = st.integers(0, 2_000_000)


@st.composite
def usages(draw):
    fresh, cached, written, output = (draw(tokens) for _ in range(4))
    return Usage(
        input_tokens=fresh + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output,
        reasoning_tokens=draw(st.integers(0, output)),
    )


def test_input_and_output_at_their_prices():
    cost = cost_of(Usage(input_tokens=44, output_tokens=120), MINI, reported=True)
    assert cost.amount == Decimal("0.0000786")
    assert cost.source is CostSource.COMPUTED
    assert [(line.label, line.tokens) for line in cost.lines] == [("Input", 44), ("Output", 120)]


def test_cached_tokens_are_taken_out_of_the_input_before_it_is_priced():
    cost = cost_of(Usage(input_tokens=1_000_000, cached_tokens=400_000), MINI, reported=True)
    assert cost.amount == Decimal("0.15") * Decimal("0.6") + Decimal("0.075") * Decimal("0.4")


def test_reasoning_is_part_of_the_output_and_costs_nothing_more():
    plain = cost_of(Usage(output_tokens=50), MINI, reported=True)
    assert cost_of(Usage(output_tokens=50, reasoning_tokens=40), MINI, reported=True) == plain


def test_what_the_provider_billed_wins():
    cost = cost_of(Usage(input_tokens=43, output_tokens=36, billed_usd=Decimal("0.000669")), MINI, reported=True)
    assert (cost.amount, cost.source) == (Decimal("0.000669"), CostSource.PROVIDER)


def test_counted_usage_and_fallback_prices_are_estimates():
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert cost_of(usage, MINI, reported=False).source is CostSource.ESTIMATED
    fallback = cost_of(usage, FALLBACK, reported=True)
    assert (fallback.amount, fallback.source) == (Decimal("2.00"), CostSource.ESTIMATED)


def test_a_local_model_costs_nothing_and_that_is_exact():
    cost = cost_of(Usage(input_tokens=10, output_tokens=10), LOCAL, reported=True)
    assert (cost.amount, cost.source) == (Decimal(0), CostSource.COMPUTED)


def test_a_long_context_price_is_a_cliff():
    rate = Rate(base=Decimal("1.25"), above=((200_000, Decimal("2.50")),))
    assert rate.at(200_000) == Decimal("1.25")
    assert rate.at(200_001) == Decimal("2.50")
    prices = flat("1.25", "10", PriceSource.PRICE_LIST).model_copy(update={"input": rate})
    assert cost_of(Usage(input_tokens=400_000), prices, reported=True).amount == Decimal("1.00")


@given(usages())
def test_the_lines_add_up_to_the_cost_and_cover_every_token_once(usage):
    cost = cost_of(usage, MINI, reported=True)
    assert cost.amount == sum((line.amount for line in cost.lines), Decimal(0))
    assert sum(line.tokens for line in cost.lines) == usage.total_tokens


@given(usages())
def test_a_record_recomputes_its_own_cost(usage):
    stored_usage = Usage.model_validate_json(usage.model_dump_json())
    stored_prices = Prices.model_validate_json(MINI.model_dump_json())
    assert cost_of(stored_usage, stored_prices, reported=True) == cost_of(usage, MINI, reported=True)


@given(usages())
def test_no_run_within_its_limit_costs_more_than_its_worst_case(usage):
    cost = cost_of(usage, MINI, reported=True)
    assert cost.amount is not None
    assert cost.amount <= worst_case(usage.input_tokens, usage.output_tokens, MINI)
