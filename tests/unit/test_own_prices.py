"""Own prices hold from their moment on, whatever the order in which they were set."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.own_prices import OwnPrice, PriceBook, PriceDraft, suspicious
from core.domain.pricing import FALLBACK, PriceSource, flat
from core.errors import InvalidRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
moments = st.integers(-5, 5).map(lambda hours: NOON + timedelta(hours=hours))


def entry(number, starts_at, price="1", model_id="openai/a"):
    prices = None if price is None else flat(price, price, PriceSource.ADMINISTRATOR)
    return OwnPrice(number, model_id, starts_at, prices, "", "admin", NOON)


@st.composite
def books(draw):
    given_ = draw(st.lists(st.tuples(moments, st.sampled_from(["1", "2", "3", None])), max_size=8))
    entries = [entry(number, starts_at, price) for number, (starts_at, price) in enumerate(given_, 1)]
    return draw(st.permutations(entries))


@given(books(), moments)
def test_the_last_to_begin_holds_and_of_two_at_once_the_one_set_later(entries, at):
    begun = [one for one in entries if one.starts_at <= at]
    holds = max(begun, key=lambda one: (one.starts_at, one.id), default=None)
    book = PriceBook(entries)
    assert book.entry("openai/a", at) == holds
    assert book.prices("openai/a", at) == (holds and holds.prices)
    assert book.entry("openai/b", at) is None


@given(books(), moments, moments)
def test_while_as_many_have_begun_nothing_changes(entries, one, other):
    book = PriceBook(entries)
    if book.begun(one) == book.begun(other):
        assert book.entry("openai/a", one) == book.entry("openai/a", other)


@given(books(), moments, moments)
def test_an_entry_to_come_changes_nothing_of_before(entries, start, at):
    added = entry(99, start, "7")
    if at < start:
        assert PriceBook([*entries, added]).entry("openai/a", at) == PriceBook(entries).entry("openai/a", at)


def test_what_was_typed_is_read_to_the_last_digit():
    prices = PriceDraft(" $0.150000000001 ", "0", cache_write="12", per_request="0.0005").read(date(2026, 11, 1))
    assert (prices.input.base, prices.output.base) == (Decimal("0.150000000001"), Decimal(0))
    assert prices.cached is None and prices.cache_write is not None
    assert (prices.cache_write.base, prices.per_request) == (Decimal(12), Decimal("0.0005"))
    assert (prices.source, prices.as_of) == (PriceSource.ADMINISTRATOR, date(2026, 11, 1))


@pytest.mark.parametrize("typed", ["-1", "1,5", "1e3", "NaN", "1000000", "0.1234567890123", ".5", "free", "١"])
def test_what_is_no_amount_is_refused_with_what_to_do(typed):
    with pytest.raises(InvalidRequest, match=r"Output: write dollars with a point and without a sign, such as 0\.15"):
        PriceDraft("1", typed).read(date(2026, 11, 1))


def test_half_a_price_is_refused():
    with pytest.raises(InvalidRequest, match="A price of nothing is 0"):
        PriceDraft("1", " ").read(date(2026, 11, 1))


def test_far_above_the_list_is_noticed_and_the_fallback_is_no_list():
    listed = flat("1", "2", PriceSource.PRICE_LIST)
    assert suspicious(flat("10", "20.1", PriceSource.ADMINISTRATOR), listed) == ["Output"]
    assert suspicious(flat("0.1", "1", PriceSource.ADMINISTRATOR), flat("0", "0", PriceSource.PROVIDER)) == [
        "Input",
        "Output",
    ]
    assert suspicious(flat("900", "900", PriceSource.ADMINISTRATOR), FALLBACK) == []
