"""A period by name means whole days, and is compared with as many days before."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.slices import starts
from core.domain.spend import Days, Grain
from pages.components.periods import Choice, days_of, reads

TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("choice", "first", "last"),
    [
        (Choice.WEEK, date(2026, 3, 9), TODAY),
        (Choice.MONTH, date(2026, 2, 14), TODAY),
        (Choice.QUARTER, date(2025, 12, 16), TODAY),
        (Choice.YEAR, date(2025, 4, 1), TODAY),
        (Choice.THIS_YEAR, date(2026, 1, 1), TODAY),
        (Choice.THIS_MONTH, date(2026, 3, 1), TODAY),
        (Choice.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_name_stands_for_days(choice, first, last):
    assert days_of(choice, TODAY) == Days(first, last)


@given(some.dates(date(2001, 1, 1), date(2100, 1, 1)))
def test_twelve_months_are_the_running_one_and_eleven_whole_ones(today):
    days = days_of(Choice.YEAR, today)
    months = {(one.year, one.month) for one in starts(days, Grain.MONTH)}
    assert (len(months), days.first.day) == (12, 1)


def test_days_chosen_by_hand_may_still_be_incomplete():
    first, last = date(2026, 1, 5), date(2026, 1, 9)
    assert days_of(Choice.FREE, TODAY, (first, last)) == Days(first, last)
    assert days_of(Choice.FREE, TODAY, (first,)) == Days(first, first)
    assert days_of(Choice.FREE, TODAY) == days_of(Choice.MONTH, TODAY)


@given(some.sampled_from(Choice), some.dates(date(2001, 1, 1), date(2100, 1, 1)))
def test_the_days_before_are_as_many_and_end_the_day_before(choice, today):
    days = days_of(choice, today)
    assert days.before.last == days.first - timedelta(1)
    assert days.last - days.first == days.before.last - days.before.first


def test_days_read_with_the_year_once_unless_they_span_two():
    assert reads(Days(date(2026, 2, 14), TODAY)) == "14 Feb – 15 Mar 2026"
    assert reads(Days(TODAY, TODAY)) == "15 Mar 2026"
    assert reads(Days(date(2025, 12, 16), TODAY)) == "16 Dec 2025 – 15 Mar 2026"
