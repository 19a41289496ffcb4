"""Slices of time read as people say them, and few enough are named below a chart."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.spend import Days, Grain
from pages.components.timeframe import TICKS, Timeframe

NOW = datetime(2026, 11, 20, 14, 30)
MONTH = Days(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("grain", "start", "name"),
    [
        (Grain.HOUR, datetime(2026, 11, 20, 14), "Friday, 20 Nov 2026, 14:00"),
        (Grain.DAY, datetime(2026, 11, 20), "Friday, 20 Nov 2026"),
        (Grain.WEEK, datetime(2026, 11, 16), "16 Nov – 22 Nov 2026"),
        (Grain.MONTH, datetime(2026, 11, 1), "November 2026"),
    ],
)
def test_each_slice_has_a_name_and_one_is_not_over(grain, start, name):
    frame = Timeframe(MONTH, grain, NOW)
    assert frame.reads(start) == name
    assert [one for one in frame.starts if frame.is_open(one)] == [start]


def test_a_week_reads_as_far_as_it_was_asked_for():
    assert Timeframe(MONTH, Grain.WEEK, NOW).reads(datetime(2026, 10, 26)) == "1 Nov 2026"


@given(some.integers(0, 400), some.sampled_from(Grain))
def test_few_slices_are_named_each_in_its_place(length, grain):
    frame = Timeframe(Days(MONTH.first, MONTH.first + timedelta(length)), grain, NOW)
    ticks = frame.ticks()
    assert 1 <= len(ticks) <= TICKS
    assert 0 in ticks and max(ticks) < len(frame.starts)


@pytest.mark.parametrize(
    ("grain", "length", "names"),
    [
        (Grain.HOUR, 1, ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]),
        (Grain.HOUR, 3, ["1 Nov", "2 Nov", "3 Nov"]),
        (Grain.DAY, 3, ["1 Nov", "2 Nov", "3 Nov"]),
        (Grain.MONTH, 60, ["Nov 2026", "Dec 2026"]),
    ],
)
def test_names_below_a_chart_are_short(grain, length, names):
    days = Days(MONTH.first, MONTH.first + timedelta(length - 1))
    assert list(Timeframe(days, grain, NOW).ticks().values()) == names
