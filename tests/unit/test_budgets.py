"""Budgets as values: what is read as a limit, how they stand, where their periods end, and what is said of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.budget_endings import Ending, ending
from core.domain.budgets import LARGEST_LIMIT, Budget, BudgetPeriod, BudgetScope, BudgetState, PastPeriod, limit_of
from core.domain.figures import money_exact
from core.domain.periods import local_midnight
from core.domain.spend import Grain
from core.errors import InvalidRequest
from pages.components import budget_tile
from pages.components import budget_words as words
from pages.components.budget_bar import FULL, NEAR, bar
from pages.components.charts import Bound
from pages.components.measure import Measure

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER = local_midnight(date(2026, 11, 1), BERLIN)
DECEMBER = local_midnight(date(2026, 12, 1), BERLIN)
NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)


def state(spent="0", limit="100", *, reserved="0", hard=True, period=BudgetPeriod.MONTH, **changes):
    scope, member = changes.pop("scope", BudgetScope.LAB), changes.pop("member", "")
    budget = Budget(UUID(int=1), "All of *us*", scope, member, period, Decimal(limit), hard, "root", NOVEMBER)
    known = {"starts": date(2026, 11, 1), "begins": NOVEMBER, "resets_at": DECEMBER, "called": member} | changes
    return BudgetState(budget, spent=Decimal(spent), reserved=Decimal(reserved), **known)


@pytest.mark.parametrize(
    ("text", "limit"),
    [("250", "250"), (" $1,200.50 ", "1200.50"), ("0", "0"), ("$ 12.5", "12.5"), ("0.000001", "0.000001")],
)
def test_amounts_are_read_as_people_write_them(text, limit):
    assert limit_of(text) == Decimal(limit)


@pytest.mark.parametrize(
    "text", ["", "-1", "1e9", "NaN", "Infinity", "12,50", "1.2345678", "a lot", "1,2345", "١٢", "9" * 40, "€5", "1 000"]
)
def test_what_is_no_amount_is_refused_with_a_sentence(text):
    with pytest.raises(InvalidRequest):
        limit_of(text)


@given(st.decimals(0, LARGEST_LIMIT, places=6))
def test_a_limit_reads_back_as_it_is_shown(limit):
    assert limit_of(money_exact(limit)) == limit


def test_a_threshold_is_reached_by_what_is_spent_and_not_rounded_up_to():
    assert [state(spent).threshold for spent in ("49.999", "50", "79.99", "80", "99.999", "100", "250")] == [
        None, 50, 50, 80, 80, 100, 100,
    ]  # fmt: skip
    assert words.percent(state("99.999")) == "99%"
    assert words.percent(state(limit="0")) == "100%"


def test_what_is_left_is_never_less_than_nothing_and_what_is_over_is_told():
    assert words.left(state("41.6", reserved="8.4")) == "$50.00 left"
    assert words.left(state("100", reserved="1")) == "$0.00 left"
    assert words.left(state("103", hard=False)) == "$3.00 over"


def test_a_months_end_is_told_by_how_its_weekdays_went():
    days = {date(2026, 11, 20) - timedelta(back): Decimal(2) for back in range(1, 64)}
    told = ending(state("40", reserved="5"), days, NOW, BERLIN)
    assert told == Ending(Decimal(61), Decimal(61), Decimal(61))  # half of the 20th, and ten days more


def test_a_month_that_little_is_known_of_goes_on_at_its_pace_and_so_do_weeks_and_days():
    half = NOVEMBER + (DECEMBER - NOVEMBER) / 2
    assert ending(state("40"), {}, half, BERLIN) == Ending(Decimal(80))
    monday = local_midnight(date(2026, 11, 16), BERLIN)
    week = state("10", period=BudgetPeriod.WEEK, begins=monday, resets_at=monday + timedelta(7))
    told = ending(week, {}, monday + timedelta(3.5), BERLIN)
    assert told == Ending(Decimal(20))
    assert words.foretold(week, told) == "Will end near $20.00 at this pace"


def test_too_early_in_a_period_nothing_is_foretold():
    assert ending(state("40"), {}, NOVEMBER + timedelta(hours=5), BERLIN) is None
    assert words.foretold(state(), None) is None


def test_the_day_of_twenty_five_hours_is_half_over_after_twelve_and_a_half():
    begins, ends = (local_midnight(date(2026, 10, day), BERLIN) for day in (25, 26))
    assert ends - begins == timedelta(hours=25)
    day = state("3", period=BudgetPeriod.DAY, begins=begins, resets_at=ends)
    assert ending(day, {}, begins + timedelta(hours=12.5), BERLIN) == Ending(Decimal(6))


def test_an_end_beyond_the_limit_says_by_how_much():
    told = words.foretold(state("40"), Ending(Decimal(110), Decimal(95), Decimal(120)))
    assert told == "Will end near $110.00 ($95.00 to $120.00), $10.00 over the limit"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            state("83"),
            "83% of $100.00 spent this month. At the limit, runs are refused. An administrator can raise it.",
        ),
        (state("83", hard=False), "Nothing is refused at its limit."),
        (state("100"), "is used up ($100.00 this month). Runs that cost are refused until 1 Dec, 00:00."),
        (state("104", hard=False), "is $4.00 over its $100.00 this month. It only tells: nothing is refused."),
    ],
)
def test_a_notice_says_how_it_stands_what_happens_and_who_may_act(found, told):
    assert told in words.notice(found, BERLIN, NOW, may_raise=False)
    assert "Raise it under Budgets." in words.notice(found, BERLIN, NOW, may_raise=True)


@pytest.mark.parametrize(
    ("scope", "member", "called", "query"),
    [
        (BudgetScope.LAB, "", "The whole lab", {}),
        (BudgetScope.USER, "ann", "ann", {"by": "By person"}),
        (BudgetScope.PROVIDER, "openai", "OpenAI", {"spent_at": "OpenAI"}),
        (BudgetScope.MODEL, "openai/gpt-4o", "openai/gpt-4o", {"spent_on": "openai/gpt-4o"}),
        (BudgetScope.TAG, "team=a=b", "team: a=b", {"spent_for": "team=a=b"}),
    ],
)
def test_a_budget_says_what_it_is_for_and_leads_to_its_spend(scope, member, called, query):
    found = state(scope=scope, member=member)
    assert words.subject(found) == called
    assert words.spend_of(found) == {"period": "This month", **query}


def test_how_near_the_limit_is_stands_in_words_beside_the_colour():
    badges = [words.badge(state(spent)) for spent in ("10", "60", "85", "100")]
    assert badges == ["", ":gray-badge[50% passed]", ":orange-badge[80% passed]", ":red-badge[Used up]"]
    assert words.badge(state("100", hard=False)) == ":red-badge[Passed]"
    assert words.badge(state("10", reserved="90")) == ":red-badge[No room]"
    assert NEAR in bar(state("85")) and FULL in bar(state("120")) and FULL in bar(state(limit="0"))


def test_the_bar_never_passes_its_end():
    assert 'width="600.0"' in bar(state("500"))
    assert "-" not in bar(state("-5")).partition("<rect")[2].replace("clip-path", "").replace("fill-opacity", "")


def test_the_chart_has_the_lowest_limit_of_slices_as_long_as_its_own():
    month, tighter, day = state(), state(limit="60"), state(limit="9", period=BudgetPeriod.DAY)
    assert budget_tile.bound([month, tighter, day], Grain.MONTH, Measure.COST) == Bound(
        Decimal(60), "Budget: $60.00 a month"
    )
    assert budget_tile.bound([month], Grain.DAY, Measure.COST) is None
    assert budget_tile.bound([month], Grain.MONTH, Measure.RUNS) is None


def test_past_periods_are_told_exactly_and_beside_todays_limit():
    [row] = words.past_rows(state("1", "50"), [PastPeriod(date(2026, 10, 1), Decimal("12.3456789"))])
    assert row == {"Period": "October 2026", "Spent": r"\$12\.3456789", "Of today's limit": "24%"}


def test_periods_have_names():
    named = [words.period_reads(date(2026, 11, 30), period) for period in BudgetPeriod]
    assert named == ["Monday, 30 Nov 2026", "30 Nov – 6 Dec 2026", "November 2026"]


def test_a_budget_without_a_name_is_called_by_what_it_is_for():
    assert words.suggested(BudgetScope.LAB, "", BudgetPeriod.MONTH) == "The whole lab, monthly"
    assert words.suggested(BudgetScope.TAG, " team: a ", BudgetPeriod.DAY) == "team: a, daily"
    assert words.suggested(BudgetScope.USER, " ", BudgetPeriod.DAY) == ""
    assert len(words.suggested(BudgetScope.MODEL, "x" * 200, BudgetPeriod.DAY)) == 60
