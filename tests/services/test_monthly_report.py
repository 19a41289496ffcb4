"""Whose month is told, of which days, and beside which: decided by the role, the reporting zone and the clock."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.pricing import Cost, CostSource
from core.errors import NotFound
from core.services.monthly.report import OPERATOR, file_name, month_named, monthly_report
from core.services.monthly.sheet import Curves
from core.services.stats import Stats
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import add_user, admission, record

ZONE = ZoneInfo("Asia/Kathmandu")  # 5 hours and 45 minutes ahead
NOVEMBER = date(2026, 11, 1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2027, 1, 5, tzinfo=UTC)


def person(role, user_id="u1"):
    return User(user_id, "Ann", Tier.ENTERPRISE, role)


@pytest.fixture
def stats(database: Database) -> Stats:
    return Stats(SpendStore(Rollups(database, ZONE)), lambda: {"u1": "Ann", "u2": "Bob"})


@pytest.fixture
def spend(database: Database):
    """Records a run that cost `amount`."""
    for user_id in ("u1", "u2"):
        add_user(database, user_id)
    ledger = Ledger(database, instance_id=1)

    def run(user_id, amount, at=NOW, **changes):
        cost = Cost(amount=Decimal(amount), source=CostSource.COMPUTED)
        return record(ledger, admission(user_id, "the merger is called off", started_at=at, **changes), cost=cost)

    return run


def cost(sheet):
    return sheet.figures.table.total.cells[5]


@pytest.mark.parametrize(
    ("reader", "whose", "exact"),
    [
        (person(Role.OPS), "The runs of Ann", "$1.000000000000001"),
        (person(Role.PM), "Everybody's runs", "$3.000000000000001"),
        (OPERATOR, "Everybody's runs", "$3.000000000000001"),
    ],
)
def test_the_role_decides_whose_runs_are_told(stats, spend, reader, whose, exact):
    spend("u1", "1.000000000000001")
    spend("u2", "2")
    sheet = monthly_report(stats, reader, NOVEMBER, NOW, ZONE)
    assert (sheet.whose, cost(sheet)) == (whose, exact)
    assert ("By person" in [panel.title for panel in sheet.figures.panels]) == (reader.role is not Role.OPS)
    assert ("Bob" in repr(sheet)) == (reader.role is not Role.OPS)
    assert "merger" not in repr(sheet)


def test_the_month_is_that_of_the_reporting_zone(stats, spend):
    spend("u1", "1", datetime(2026, 10, 31, 18, 14, tzinfo=UTC))
    spend("u1", "2", datetime(2026, 10, 31, 18, 15, tzinfo=UTC))
    spend("u1", "4", datetime(2026, 11, 30, 18, 15, tzinfo=UTC))
    assert cost(monthly_report(stats, OPERATOR, NOVEMBER, LATER, ZONE)) == "$2.00"


def test_a_month_that_is_over_stands_beside_the_whole_month_before(stats, spend):
    spend("u1", "4", datetime(2026, 11, 20, 12, tzinfo=UTC))
    spend("u1", "2", datetime(2026, 10, 31, 12, tzinfo=UTC))
    spend("u1", "8", datetime(2026, 9, 30, 12, tzinfo=UTC))
    sheet = monthly_report(stats, OPERATOR, NOVEMBER, LATER, ZONE)
    assert sheet.subtitle == "1 – 30 November, beside October"
    assert sheet.figures.headlines[0].beside == "October $2.00"


def test_a_running_month_stands_beside_as_many_days_of_the_month_before(stats, spend):
    spend("u1", "4", NOW)
    spend("u1", "2", datetime(2026, 10, 20, 12, tzinfo=UTC))
    spend("u1", "8", datetime(2026, 10, 21, 12, tzinfo=UTC))
    sheet = monthly_report(stats, OPERATOR, NOVEMBER, NOW, ZONE)
    assert sheet.subtitle == "1 – 20 November, still running, beside 1 – 20 October"
    assert sheet.figures.headlines[0].beside == "October $2.00"
    (curves,) = [panel for panel in sheet.figures.panels if isinstance(panel, Curves)]
    assert [curve.name for curve in curves.curves if not curve.dotted] == ["November $4.00", "October $10.00"]


def test_a_running_month_tells_where_it_will_end_and_one_that_is_over_does_not(stats, spend):
    for days in range(70):
        spend("u1", "1", NOW - timedelta(days))
    running = monthly_report(stats, OPERATOR, NOVEMBER, NOW, ZONE)
    over = monthly_report(stats, OPERATOR, date(2026, 10, 1), NOW, ZONE)
    assert running.figures.notes[0].startswith(
        "If the days left go as their weekdays usually do, the month ends at about"
    )
    assert not [note for note in over.figures.notes if "ends" in note]
    dotted = [
        curve for panel in running.figures.panels if isinstance(panel, Curves) for curve in panel.curves if curve.dotted
    ]
    assert len(dotted) == 1 and dotted[0].values[0] == 20 and dotted[0].values[-1] == pytest.approx(30.3, abs=0.3)


def test_a_day_that_stood_out_is_told(stats, spend):
    for days in range(60):
        spend("u1", "30" if days == 4 else "1", NOW - timedelta(days))
    notes = monthly_report(stats, OPERATOR, NOVEMBER, NOW, ZONE).figures.notes
    assert notes[-1] == "A day that stood out: 16 November with $30.00, usually $1.00 on such a weekday."


def test_months_without_runs_and_months_to_come_are_empty(stats):
    assert monthly_report(stats, OPERATOR, NOVEMBER, NOW, ZONE).figures is None
    assert "has not begun" in monthly_report(stats, OPERATOR, date(2027, 2, 1), NOW, ZONE).empty


@pytest.mark.parametrize("month", ["2000-01", "2999-12"])
def test_the_first_and_the_last_month_can_be_asked_for(stats, month):
    assert monthly_report(stats, OPERATOR, month_named(month), NOW, ZONE).figures is None


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "1999-12", "3000-01", "2026-11-01", "２０２６-11", ""]
)
def test_what_is_no_month_is_not_found(text):
    with pytest.raises(NotFound, match="2026-11"):
        month_named(text)


def test_a_file_is_named_by_its_month():
    assert file_name(month_named("2026-11"), "pdf") == "testing-lab-2026-11.pdf"
