"""A cost can be followed: what was counted, at which prices, and by whose word."""

from datetime import date
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from core.domain.pricing import FALLBACK, LOCAL, UNKNOWN, PriceSource, cost_of, flat
from core.domain.runs import Payer
from core.domain.usage import Usage
from pages.components.run_details import explain_cost, explain_payer, explain_prices, figures
from tests.fixtures.runs import admission, outcome

USAGE = Usage(input_tokens=44, output_tokens=120, cached_tokens=20, reasoning_tokens=30)
PRICES = flat("0.15", "0.60", PriceSource.PRICE_LIST)


def test_what_the_provider_billed_counts_and_stands_beside_our_own_sum():
    billed = USAGE.model_copy(update={"billed_usd": Decimal("0.0005")})
    assert explain_cost(cost_of(billed, PRICES, reported=True), PRICES) == (
        "The provider billed $0.0005; that counts. The sum by list price is $0.0000786."
    )


@pytest.mark.parametrize(
    ("cost", "prices", "sentence"),
    [
        (cost_of(USAGE, PRICES, reported=True), PRICES, "The provider counted the tokens."),
        (cost_of(USAGE, PRICES, reported=False), PRICES, "the lab counted the tokens"),
        (cost_of(USAGE, FALLBACK, reported=True), FALLBACK, "no price is known for this model"),
        (UNKNOWN, PRICES, "is not known"),
    ],
)
def test_every_source_of_a_cost_is_explained(cost, prices, sentence):
    assert sentence in explain_cost(cost, prices)


def test_every_source_of_prices_is_explained():
    told = {source: explain_prices(PRICES.model_copy(update={"source": source})) for source in PriceSource}
    assert len(set(told.values())) == len(PriceSource)
    assert explain_prices(LOCAL) == "A local model costs nothing."
    assert explain_prices(FALLBACK) == "It is priced at $0.50 in and $1.50 out per million tokens."
    dated = PRICES.model_copy(update={"as_of": date(2026, 11, 2)})
    assert explain_prices(dated) == "The prices are those of the genai-prices list of 2 November 2026."


def test_a_run_on_an_own_key_says_so_and_any_other_says_nothing():
    run = outcome(admission())
    assert explain_payer(Payer.LAB) == ""
    assert "the user's own key" in explain_payer(Payer.OWN)
    assert "own key" not in figures(run)
    assert " · own key · " in figures(run.model_copy(update={"paid_by": Payer.OWN}))


def derivation():
    from core.domain.pricing import PriceSource, cost_of, flat
    from core.domain.usage import Usage
    from pages.components.run_details import draw_cost

    usage = Usage(input_tokens=44, output_tokens=120, cached_tokens=20, reasoning_tokens=30)
    prices = flat("0.15", "0.60", PriceSource.PRICE_LIST)
    draw_cost(cost_of(usage, prices, reported=True), usage, prices)


def test_the_derivation_adds_up_line_by_line():
    page = AppTest.from_function(derivation).run()
    table = page.table[0].value
    assert list(table["Part"]) == ["Input", "Cached input", "Output", "**Sum**"]
    assert list(table["Tokens"]) == ["24", "20", "120", ""]
    assert table["Amount"].iloc[-1] == r"**\$0\.0000786**"
    assert page.caption[0].value == "Input includes 20 cached. Output includes 30 of reasoning."
