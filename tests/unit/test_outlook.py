"""A forecast and an odd day are told in words, with what they rest on."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.domain.spend import OTHERS, Days, DayTotal, Grain, Slice, SpendReport, Totals
from pages.components import outlook
from pages.components.charts import Mark
from pages.components.looks import Look
from pages.components.measure import Measure
from pages.components.timeframe import Timeframe

NOW = datetime(2026, 11, 20, 12)
TODAY = NOW.date()
ODD = date(2026, 11, 13)
BY_MODEL = Look("model", "model", lambda key: key.rpartition("/")[2])
MONTH = Days(date(2026, 11, 1), TODAY)


def report(weeks=8, odd="1", parts=()):
    """A dollar, and ten runs, a day."""
    course = [TODAY - timedelta(number) for number in range(7 * weeks + 1)]
    days = [DayTotal(day, Decimal(odd if day == ODD else 1), 10, 0, 100) for day in sorted(course)]
    nothing = Totals(0, 0, 0, Decimal(0), Decimal(0), 0, 0)
    slices = [Slice(datetime.combine(ODD, time()), key, Decimal(cost), 1, 1, 0) for key, cost in parts]
    return SpendReport(MONTH, nothing, nothing, slices, [], [], [], [], days=days)


def frame(grain=Grain.DAY, days=MONTH):
    return Timeframe(days, grain, NOW)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        (Measure.COST, "November will end near $30.50 ($30.50 to $30.50): $20.00 so far, "),
        (Measure.RUNS, "November will end near 305 runs (305 to 305): 200 so far, "),
        (Measure.TOKENS, "November will end near 3.05k tokens (3.05k to 3.05k): 2k so far, "),
    ],
)
def test_a_forecast_tells_its_band_and_what_it_rests_on(measure, told):
    sentence = outlook.sentence(outlook.foretold(report(), measure, NOW), measure, NOW)
    assert sentence == f"{told}and for the days left what their weekday came to in the last 8 weeks."


def test_without_enough_weeks_it_is_told_why_there_is_none():
    assert outlook.sentence(outlook.foretold(report(weeks=3), Measure.COST, NOW), Measure.COST, NOW) == (
        "Where November will end can be told once there are 4 weeks of runs."
    )


def test_what_is_left_stands_on_its_days_or_on_the_month():
    told = outlook.foretold(report(), Measure.COST, NOW)
    days = outlook.rests(told, frame(), Measure.COST)
    assert [one.start.day for one in days] == list(range(20, 31))
    assert days[1].told == "Saturday, 21 Nov 2026<br><b>$1.00 to come</b><br>as on Saturdays of the last 8 weeks"
    (month,) = outlook.rests(told, frame(Grain.MONTH), Measure.COST)
    assert (month.start, month.value, month.band) == (
        datetime(2026, 11, 1), Decimal("10.5"), (Decimal("30.5"), Decimal("30.5"))
    )  # fmt: skip


@pytest.mark.parametrize(("grain", "days"), [(Grain.WEEK, MONTH), (Grain.DAY, Days(TODAY - timedelta(6), TODAY))])
def test_what_is_left_is_not_drawn_where_it_does_not_fit_in(grain, days):
    told = outlook.foretold(report(), Measure.COST, NOW)
    assert outlook.rests(told, frame(grain, days), Measure.COST) == []


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([("openai/gpt-5-pro", "3"), ("groq/llama", "0.2")], "3.2 × the usual Friday; mostly gpt-5-pro"),
        ([("openai/gpt-5-pro", "1.5"), ("groq/llama", "1.2")], "3.2 × the usual Friday"),
        ([(OTHERS, "3.2")], "3.2 × the usual Friday"),
        ([("<b>x", "3.2")], "3.2 × the usual Friday; mostly &lt;b&gt;x"),
    ],
)
def test_an_odd_day_tells_how_odd_and_why(parts, why):
    (mark,) = outlook.odd_days(report(odd="3.2", parts=parts), frame(), BY_MODEL, Measure.COST)
    assert mark.start.date() == ODD
    assert mark.hover == f"Friday, 13 Nov 2026<br><b>$3.20</b><br>{why}"


def test_days_are_odd_in_what_is_counted_and_where_days_are_shown():
    odd = report(odd="3.2")
    assert outlook.odd_days(odd, frame(), BY_MODEL, Measure.RUNS) == []
    assert outlook.odd_days(odd, frame(Grain.WEEK), BY_MODEL, Measure.COST) == []


def test_what_stands_out_is_told_in_a_sentence_the_latest_first():
    (mark,) = outlook.odd_days(report(odd="3.2"), frame(), BY_MODEL, Measure.COST)
    assert outlook.oddities([mark]) == ("What stands out: Friday, 13 November, with $3.20 (3.2 × the usual Friday).")
    many = [Mark(NOW, str(number), "") for number in range(5)]
    assert outlook.oddities(many) == "What stands out: 4; 3; 2; and 2 more."
    assert outlook.oddities([]) == ""
