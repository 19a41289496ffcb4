"""A day stands out against its own weekday, and never for cents or for want of a past."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from core.domain.outliers import LEAST_TIMES, outliers
from core.domain.spend import Days

LAST = date(2026, 11, 20)
HALF_A_DOLLAR = Decimal("0.5")
AMOUNTS = some.decimals(min_value=0, max_value=1000, allow_nan=False, places=6)
COURSES = some.lists(AMOUNTS, min_size=1, max_size=120)


def course(amounts):
    return {LAST - timedelta(number): amount for number, amount in enumerate(reversed(amounts))}


def found(values, least=HALF_A_DOLLAR, days=60):
    return outliers(values, Days(LAST - timedelta(days), LAST), least)


@given(COURSES, AMOUNTS)
def test_what_stands_out_is_large_and_well_above_the_usual(amounts, least):
    for one in found(course(amounts), least):
        assert one.value - one.usual >= least
        assert one.value > LEAST_TIMES * one.usual


@given(COURSES, AMOUNTS, AMOUNTS)
def test_whoever_asks_for_more_finds_less(amounts, least, more):
    values = course(amounts)
    assert set(found(values, least + more)) <= set(found(values, least))


@given(COURSES, some.integers(1, 50))
def test_in_another_currency_the_same_days_stand_out(amounts, rate):
    values = course(amounts)
    dearer = {day: amount * rate for day, amount in values.items()}
    assert [one.day for one in found(values)] == [one.day for one in found(dearer, HALF_A_DOLLAR * rate)]


@given(AMOUNTS, some.integers(1, 100))
def test_nothing_stands_out_where_all_is_alike(amount, length):
    assert found(course([amount] * length)) == []


@given(COURSES)
def test_the_first_four_weeks_are_never_judged(amounts):
    values = course(amounts)
    assert all(one.day - min(values) >= timedelta(weeks=4) for one in found(values, days=119))


@given(COURSES, AMOUNTS)
def test_days_to_come_change_nothing(amounts, next_day):
    values = course(amounts)
    assert found(values | {LAST + timedelta(7): next_day}) == found(values)


def test_a_dear_day_stands_out_and_hides_none_after_it():
    values = course([Decimal(1)] * 60)
    values[LAST] = values[LAST - timedelta(7)] = Decimal(9)
    assert [(one.day, one.usual, one.times) for one in found(values)] == [
        (LAST - timedelta(7), 1, 9),
        (LAST, 1, 9),
    ]


def test_a_weekday_is_judged_by_itself():
    values = {day: Decimal(5 if day.weekday() < 5 else 1) for day in course([0] * 60)}
    sunday = date(2026, 11, 15)
    assert [one.day for one in found(values | {sunday: Decimal(5)})] == [sunday]


def test_cents_do_not_shout_and_a_restless_weekday_is_heard_less():
    values = course([Decimal("0.01")] * 60)
    assert found(values | {LAST: Decimal("0.40")}) == []
    restless = course([Decimal(1 + 4 * (number // 7 % 2)) for number in range(70)])
    assert found(restless | {LAST: Decimal(10)}, days=0) == []
    assert found(restless | {LAST: Decimal(20)}, days=0) != []


def test_where_nothing_is_usual_no_times_are_told():
    (only,) = found({LAST - timedelta(80): Decimal(1), LAST: Decimal(2)})
    assert (only.usual, only.times) == (0, None)


def test_without_any_day_there_is_none():
    assert found({}) == []
