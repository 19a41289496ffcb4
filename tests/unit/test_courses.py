"""What a breakdown leaves out is told as well, and all parts add up to the whole."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.courses import course, with_the_ungrouped, with_the_untold
from core.domain.slices import start_of
from core.domain.spend import OTHERS, Days, DayTotal, Grain, Group, Slice, SpendReport, Totals

FIRST = date(2026, 11, 1)
ASKED = Days(FIRST, FIRST + timedelta(27))
OF_DAYS = some.sampled_from([Grain.DAY, Grain.WEEK, Grain.MONTH])
PARTS = some.lists(some.tuples(some.integers(-20, 27), some.sampled_from(["red", "blue", None])), max_size=40)


def report_of(parts, grain):
    """A report of runs that cost a dollar each: of the days asked for only those with a key are in its slices."""
    days = [DayTotal(FIRST + timedelta(number), Decimal(1), 1, 0, 10) for number, _ in parts]
    slices = [
        Slice(start_of(datetime.combine(FIRST + timedelta(number), time()), grain), key, Decimal(1), 1, 10, 0)
        for number, key in parts
        if key and number >= 0
    ]
    nothing = totals(0)
    return SpendReport(ASKED, nothing, nothing, slices, [], [], [], [], days=days)


def totals(runs):
    return Totals(runs, 6 * runs, 4 * runs, Decimal(runs), Decimal(0), 0, 0)


@given(PARTS, OF_DAYS)
def test_a_course_is_all_of_the_days_that_were_asked_for(parts, grain):
    told = course(report_of(parts, grain), grain)
    assert sum(one.runs for one in told) == sum(number >= 0 for number, _ in parts)
    assert [one.starts for one in told] == sorted({one.starts for one in told})


@given(PARTS, OF_DAYS)
def test_slices_and_what_they_lack_add_up_to_all(parts, grain):
    report = report_of(parts, grain)
    told = with_the_untold(report, grain)
    assert sum(one.cost for one in told) == sum(one.cost for one in course(report, grain))
    assert sum(one.tokens for one in told if one.key == OTHERS) == 10 * sum(
        number >= 0 and key is None for number, key in parts
    )


@pytest.mark.parametrize(("whole", "rest"), [(5, 2), (3, None)])
def test_groups_and_what_is_in_none_of_them_add_up_to_all(whole, rest):
    told = {group.key: group.totals for group in with_the_ungrouped([Group("red", totals(3))], totals(whole))}
    assert told.get(OTHERS) == (totals(rest) if rest else None)


def test_hours_are_those_that_the_slices_tell():
    one = Slice(datetime(2026, 11, 1, 9), "red", Decimal(1), 1, 10, 0)
    report = SpendReport(ASKED, totals(0), totals(0), [one, one], [], [], [], [])
    assert [(told.starts, told.runs) for told in course(report, Grain.HOUR)] == [(one.starts, 2)]
