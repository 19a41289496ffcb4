"""Days are cut into slices without a gap and without one day in two of them."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.slices import LONGEST_OF_HOURS, grains, span, start_of, starts, usual_grain
from core.domain.spend import Days, Grain

PERIODS = some.builds(
    lambda first, length: Days(first, first + timedelta(length)),
    some.dates(date(2020, 1, 1), date(2030, 1, 1)),
    some.integers(0, 800),
)
OF_DAYS = some.sampled_from([Grain.DAY, Grain.WEEK, Grain.MONTH])


@given(PERIODS, OF_DAYS)
def test_each_day_lies_in_one_slice(days, grain):
    spans = [span(start, grain, days) for start in starts(days, grain)]
    assert (spans[0].first, spans[-1].last) == (days.first, days.last)
    for one, next_one in pairwise(spans):
        assert one.first <= one.last == next_one.first - timedelta(1)


@given(PERIODS, some.sampled_from(Grain))
def test_a_slice_begins_where_its_days_say(days, grain):
    for start in starts(days, grain):
        assert start_of(start, grain) == start
        assert start_of(datetime.combine(span(start, grain, days).last, start.time()), grain) == start


@given(PERIODS)
def test_what_is_usual_is_offered(days):
    assert usual_grain(days) in grains(days)


@pytest.mark.parametrize(
    ("length", "offered", "usual"),
    [
        (1, [Grain.HOUR], Grain.HOUR),
        (7, [Grain.HOUR, Grain.DAY], Grain.DAY),
        (LONGEST_OF_HOURS, [Grain.HOUR, Grain.DAY, Grain.WEEK], Grain.DAY),
        (30, [Grain.DAY, Grain.WEEK], Grain.DAY),
        (90, [Grain.DAY, Grain.WEEK, Grain.MONTH], Grain.DAY),
        (365, [Grain.DAY, Grain.WEEK, Grain.MONTH], Grain.WEEK),
        (900, [Grain.WEEK, Grain.MONTH], Grain.MONTH),
    ],
)
def test_only_lengths_that_make_sense_are_offered(length, offered, usual):
    days = Days(date(2026, 1, 1), date(2026, 1, 1) + timedelta(length - 1))
    assert (grains(days), usual_grain(days)) == (offered, usual)


def test_hours_are_those_of_the_local_day():
    days = Days(date(2026, 11, 20), date(2026, 11, 21))
    assert len(starts(days, Grain.HOUR)) == 48
    assert span(datetime(2026, 11, 21, 23), Grain.HOUR, days) == Days(date(2026, 11, 21), date(2026, 11, 21))
