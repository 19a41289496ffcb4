"""Bands of prices, and the tariffs of a period: together they price every run once, as the moment of its start says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.models import ModelInfo
from core.domain.own_prices import OwnPrice, PriceBook
from core.domain.periods import Period
from core.domain.pricing import Prices, PriceSource, Rate, flat
from core.domain.repricing import bands
from core.services.listing import Listing
from core.services.repricing import tariffs_of

START = datetime(2026, 10, 1, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(days=3))
MODEL = "openai/gpt-4o-mini"
amounts = st.decimals(0, 100, places=6)
rates = st.builds(
    lambda base, above: Rate(base=base, above=tuple(above)),
    amounts,
    st.lists(st.tuples(st.sampled_from([0, 100, 200_000]), amounts), max_size=2, unique_by=lambda cliff: cliff[0]),
)
prices = st.builds(
    Prices, input=rates, output=rates, cached=st.none() | rates, cache_write=st.none() | rates,
    per_request=amounts, source=st.just(PriceSource.PROVIDER),
)  # fmt: skip


@given(prices, st.sampled_from([0, 1, 100, 101, 200_000, 200_001, 2**31 - 1]))
def test_one_band_holds_each_number_of_input_tokens_and_has_its_prices(told, tokens):
    [band] = [one for one in bands(told) if one.more_than < tokens and (one.up_to is None or tokens <= one.up_to)]
    kept = (band.input, band.cached, band.cache_write, band.output, band.per_request)
    parts = (told.input, told.cached or told.input, told.cache_write or told.input, told.output)
    assert kept == (*(rate.at(tokens) for rate in parts), told.per_request)


def own(number, hours, price):
    told = None if price is None else flat(price, price, PriceSource.ADMINISTRATOR)
    return OwnPrice(number, MODEL, START + timedelta(hours=hours), told, "", "admin", START)


@given(
    st.lists(st.tuples(st.integers(-30, 80), st.sampled_from(["1", "2", None])), max_size=6),
    st.integers(0, 71).map(lambda hours: START + timedelta(hours=hours)),
)
def test_the_tariffs_of_a_period_say_at_every_moment_what_the_listing_says(set_, at):
    listing = Listing(own=PriceBook(own(number, *one) for number, one in enumerate(set_, 1)))
    tariffs = tariffs_of(listing, MODEL, PERIOD)
    [holds] = [one for one in tariffs if one.period.start <= at < one.period.end]
    assert holds.prices.model_copy(update={"as_of": None}) == listing.at(MODEL, at).prices.model_copy(
        update={"as_of": None}
    )
    assert holds.own is (listing.own.prices(MODEL, at) is not None)
    assert (tariffs[0].period.start, tariffs[-1].period.end) == (PERIOD.start, PERIOD.end)


def test_a_model_that_is_listed_comes_at_its_own_prices_when_it_has_some():
    told = ModelInfo(id=MODEL, display_name="Mini", prices=flat("3", "4", PriceSource.PROVIDER))
    listing = Listing([told], frozenset({"groq/off"}), PriceBook([own(1, 0, "9"), own(2, 24, None)]))
    assert listing.at(MODEL, START - timedelta(seconds=1)) == told
    assert listing.at(MODEL, START).prices.input.base == Decimal(9)
    assert listing.at(MODEL, START + timedelta(days=1)) == told
    assert listing.prices_without_own(MODEL, START) == told.prices
    assert not listing.at("groq/off", START).enabled
    assert listing.ids == {MODEL, "groq/off"}


def test_what_no_list_names_is_listed_once_an_administrator_has_set_its_price():
    entry = OwnPrice(1, "openai/nameless", START, flat("1", "1", PriceSource.ADMINISTRATOR), "", "admin", START)
    listing = Listing(own=PriceBook([entry]))
    before, after = (listing.at("openai/nameless", START + timedelta(hours=hours)) for hours in (-1, 0))
    assert (before.listed, before.prices.source) == (False, PriceSource.FALLBACK)
    assert (after.listed, after.prices.source) == (True, PriceSource.ADMINISTRATOR)
