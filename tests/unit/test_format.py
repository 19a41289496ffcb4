"""Figures read the same everywhere, and never say more than is known."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.pricing import UNKNOWN, Cost, CostSource
from pages.components import format as show

AMOUNTS = some.decimals(min_value="0", max_value="1000000", allow_nan=False, places=12)


@pytest.mark.parametrize(
    ("amount", "reads"),
    [
        ("0", "$0.00"),
        ("0.01", "$0.01"),
        ("0.0155", "$0.02"),
        ("1234.5", "$1,234.50"),
        ("0.000345", "$0.000345"),
        ("0.0000012345", "$0.00000123"),
        ("0.005", "$0.005"),
        ("0.0099999", "$0.01"),
        ("-0.3", "-$0.30"),
    ],
)
def test_money_has_two_digits_from_a_cent_up_and_three_significant_ones_below(amount, reads):
    assert show.money(Decimal(amount)) == reads


@given(AMOUNTS)
def test_no_amount_reads_as_nothing_unless_it_is_nothing(amount):
    assert (Decimal(show.money(amount)[1:].replace(",", "")) == 0) == (amount == 0)


@given(AMOUNTS)
def test_shown_money_is_within_half_a_cent_or_half_a_percent(amount):
    shown = Decimal(show.money(amount)[1:].replace(",", ""))
    assert abs(shown - amount) <= max(Decimal("0.005") if amount >= Decimal("0.00995") else amount / 200, Decimal(0))


@given(AMOUNTS)
def test_the_full_figure_loses_nothing(amount):
    assert Decimal(show.money_exact(amount)[1:].replace(",", "")) == amount


def test_the_full_figure_has_at_least_two_digits_and_no_exponent():
    assert show.money_exact(Decimal("1E+3")) == "$1,000.00"
    assert show.money_exact(Decimal("1E-9")) == "$0.000000001"
    assert show.money_exact(Decimal("-12.3")) == "-$12.30"


def test_an_estimate_is_marked_and_the_unknown_is_never_nought():
    assert show.cost(Cost(amount=Decimal("0.5"), source=CostSource.ESTIMATED)) == "≈$0.50"
    assert show.cost(Cost(amount=Decimal("0.5"), source=CostSource.PROVIDER)) == "$0.50"
    assert show.cost(UNKNOWN) == show.money_exact(None) == "–"
    assert {show.count(None), show.compact(None), show.duration(None), show.speed(None), show.share(None)} == {"–"}


@pytest.mark.parametrize(
    ("milliseconds", "reads"),
    [(0, "0 ms"), (180.2, "180 ms"), (999.6, "1.0 s"), (2345, "2.3 s"), (59_949, "59.9 s"), (65_000, "1 min 5 s")],
)
def test_durations(milliseconds, reads):
    assert show.duration(milliseconds) == reads


def test_a_duration_that_is_no_number_is_unknown():
    assert show.duration(float("nan")) == "–"


@pytest.mark.parametrize(
    ("number", "reads"),
    [(0, "0"), (999, "999"), (12_345, "12.3k"), (999_600, "1M"), (4_560_000, "4.56M"), (2_000_000_000_000, "2,000B")],
)
def test_large_counts_in_few_characters(number, reads):
    assert show.compact(number) == reads


@pytest.mark.parametrize(
    ("octets", "reads"),
    [
        (0, "0 bytes"),
        (987, "987 bytes"),
        (1_000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_900, "1.0 MB"),
        (9_960_000, "10 MB"),
        (180_400_000, "180 MB"),
        (2_340_000_000, "2.3 GB"),
    ],
)
def test_sizes_of_files(octets, reads):
    assert show.size(octets) == reads
    assert show.size(octets, estimated=True) == f"≈{reads}"


def test_counts_have_separators():
    assert show.count(1_234_567) == "1,234,567"
    assert show.tokens(0) == "0"


def test_shares_and_speed():
    assert [show.share(part) for part in (0, 0.004, 0.12, 1)] == ["0%", "0.4%", "12%", "100%"]
    assert show.speed(115.4) == "115/s"


def test_a_change_needs_something_to_compare_with():
    assert show.change(Decimal(112), Decimal(100)) == "+12%"
    assert show.change(97.0, 100.0) == "-3%"
    assert show.change(100.2, 100.0) == "0%"
    assert show.change(270, 10) == "×27"
    assert show.change(5, 0) is None
    assert show.change(None, 5) is None


def test_shares_are_compared_in_points():
    assert show.points(0.052, 0.04) == "+1.2 pt"
    assert show.points(0.04, 0.06) == "-2 pt"
    assert show.points(0.04, 0.04) == "0%"
    assert show.points(0.04, None) is None


def test_an_instant_reads_in_the_reporting_zone_and_exactly_in_utc():
    instant = datetime(2026, 12, 31, 23, 30, 1, 42_000, tzinfo=UTC)
    assert show.when(instant, ZoneInfo("Asia/Kathmandu")) == "1 Jan 2027, 05:15"
    assert show.when(instant, ZoneInfo("UTC"), now=instant) == "31 Dec, 23:30"
    assert show.when(instant, ZoneInfo("Asia/Kathmandu"), now=datetime(2026, 12, 1, tzinfo=UTC)) == "1 Jan 2027, 05:15"
    assert show.exact_utc(instant) == "2026-12-31 23:30:01.042 UTC"


def test_the_first_words_stay_on_one_line():
    assert show.first_words("Tell me\n\n  about   tides") == "Tell me about tides"
    assert show.first_words("word " * 100, 20) == "word word word word…"
    assert show.first_words(None) == "–"


def test_hostile_text_is_shown_as_it_stands():
    assert show.literal("![x](http://a) $1 <b> :red[no]") == r"\!\[x\]\(http\:\/\/a\) \$1 \<b\> \:red\[no\]"
