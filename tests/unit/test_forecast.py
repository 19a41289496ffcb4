"""A forecast adds the usual of each weekday to what was spent, and is not led astray by one odd day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.forecast import WEEKS, forecast

TODAY = date(2026, 11, 20)
NONE_YET, HALF = Decimal(0), Decimal("0.5")
AMOUNTS = some.decimals(min_value=0, max_value=1000, allow_nan=False, places=6)
HISTORIES = some.lists(AMOUNTS, min_size=29, max_size=120)
PARTS = some.decimals(min_value=0, max_value=1, places=3)
TODAYS = some.dates(date(2026, 1, 1), date(2027, 12, 31))


def up_to(today, amounts):
    """The last of the amounts are those of `today`."""
    return {today - timedelta(number): amount for number, amount in enumerate(reversed(amounts))}


@given(HISTORIES, TODAYS, PARTS)
def test_the_end_lies_in_its_band_and_not_below_what_was_spent(amounts, today, elapsed):
    told = forecast(up_to(today, amounts), today, elapsed)
    assert told.so_far <= told.low <= told.expected <= told.high
    assert told.expected == told.so_far + sum(amount for _, amount in told.left)


@given(HISTORIES, TODAYS, PARTS, some.integers(1, 50))
def test_in_another_currency_it_is_the_same(amounts, today, elapsed, rate):
    values = up_to(today, amounts)
    one = forecast(values, today, elapsed)
    other = forecast({day: rate * amount for day, amount in values.items()}, today, elapsed)
    for name in ("so_far", "expected", "low", "high"):
        assert float(getattr(other, name)) == pytest.approx(rate * float(getattr(one, name)))


@given(AMOUNTS, TODAYS)
def test_where_every_day_is_alike_the_month_ends_with_its_days_times_that(amount, today):
    told = forecast(up_to(today, [amount] * 80), today, Decimal(1))
    days = (told.left[-1][0]).day
    assert told.expected == told.low == told.high == days * amount
    assert told.weeks == WEEKS


@given(HISTORIES, some.integers(1, 28), AMOUNTS)
def test_one_odd_day_never_carries_the_expectation_beyond_what_the_other_weeks_saw(amounts, ago, odd):
    values = up_to(TODAY, [min(amount, Decimal(10)) for amount in amounts])
    before = TODAY - timedelta(ago)
    told = forecast(values | {before: odd}, TODAY, HALF)
    assert all(amount <= 10 for _, amount in told.left)


@given(HISTORIES, TODAYS, PARTS, PARTS)
def test_the_later_the_day_the_less_of_it_is_to_come(amounts, today, one, other):
    early, late = sorted((one, other))
    values = up_to(today, amounts)
    assert forecast(values, today, late).expected <= forecast(values, today, early).expected


def test_weekdays_differ():
    values = {day: Decimal(1 if day.weekday() < 5 else 0) for day in up_to(TODAY, [0] * 60)}
    told = forecast(values, TODAY, HALF)
    assert [(day.day, amount) for day, amount in told.left] == [
        (20, HALF), (21, 0), (22, 0), (23, 1), (24, 1), (25, 1), (26, 1), (27, 1), (28, 0), (29, 0), (30, 1)
    ]  # fmt: skip
    assert (told.so_far, told.expected) == (15, Decimal("21.5"))


def test_the_band_is_that_of_dearer_and_cheaper_weeks():
    values = {day: Decimal((TODAY - day).days // 7 + 1) for day in up_to(TODAY - timedelta(1), [0] * 56)}
    told = forecast(values, TODAY, Decimal(1))
    weeks = sorted({(TODAY - day).days // 7 + 1 for day in values})
    assert told.low - told.so_far < told.expected - told.so_far < told.high - told.so_far
    assert told.high - told.so_far < 10 * weeks[-1]


@pytest.mark.parametrize(("days", "told"), [(0, False), (27, False), (28, True)])
def test_without_four_weeks_there_is_none(days, told):
    values = {TODAY - timedelta(days): Decimal(1)} if days else {}
    assert (forecast(values, TODAY, HALF) is not None) == told


def test_a_week_without_runs_counts_as_nothing_once_there_were_some():
    told = forecast({TODAY - timedelta(60): Decimal(7)}, TODAY, HALF)
    assert (told.expected, told.weeks) == (0, 8)
