"""Who reads whose figures is decided by the role: `ops` their own, `pm` and `admin` everybody's, nobody a text."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.pricing import Cost, CostSource
from core.errors import InvalidRequest
from core.services.stats import Stats
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import add_user, admission, record

TODAY = date(2026, 11, 20)
SECRET = "the merger is called off"


def person(role, user_id="u1"):
    return User(user_id, user_id, Tier.ENTERPRISE, role)


@pytest.fixture
def stats(database):
    return Stats(SpendStore(Rollups(database, ZoneInfo("Asia/Kathmandu"))), lambda: {"u1": "Ann", "u2": "Bob"})


@pytest.fixture
def spend(database):
    """Records a run that cost `amount`."""
    for user_id in ("u1", "u2", "gone"):
        add_user(database, user_id)
    ledger = Ledger(database, instance_id=1)

    def run(user_id, amount, at=datetime(2026, 11, 20, 12, tzinfo=UTC), model_id="openai/gpt-4o-mini"):
        cost = Cost(amount=Decimal(amount), source=CostSource.COMPUTED)
        record(ledger, admission(user_id, SECRET, started_at=at, model_id=model_id), cost=cost)

    return run


def test_ops_read_their_own_figures(stats, spend):
    spend("u1", "1")
    spend("u2", "2")
    report = stats.report(person(Role.OPS), TODAY, TODAY)
    assert (report.totals.cost, report.by_user) == (Decimal(1), [])
    assert [group.totals.cost for group in (*report.by_model, *report.by_provider)] == [1, 1]
    assert sum(day.cost for day in report.slices) == 1


@pytest.mark.parametrize("role", [Role.PM, Role.ADMIN])
def test_others_read_everybodys_figures_by_name_and_no_text(stats, spend, role):
    spend("u1", "1")
    spend("u2", "2")
    spend("gone", "4")
    report = stats.report(person(role), TODAY, TODAY)
    assert report.totals.cost == 7
    assert {group.key: group.totals.cost for group in report.by_user} == {"gone": 4, "Bob": 2, "Ann": 1}
    assert SECRET not in repr(report)


def test_a_period_is_compared_with_as_many_days_before(stats, spend):
    for days, amount in ((0, "1"), (2, "2"), (3, "4"), (5, "8"), (6, "16")):
        spend("u1", amount, datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(days=days))
    report = stats.report(person(Role.OPS), TODAY - timedelta(2), TODAY)
    assert (report.totals.cost, report.previous.cost) == (3, 12)


def test_days_are_those_of_the_reporting_zone(stats, spend):
    spend("u1", "1", datetime(2026, 11, 19, 18, 14, tzinfo=UTC))
    spend("u1", "2", datetime(2026, 11, 19, 18, 15, tzinfo=UTC))
    report = stats.report(person(Role.OPS), TODAY, TODAY)
    assert [(day.day, day.cost) for day in report.slices] == [(TODAY, 2)]
    assert report.previous.cost == 1


def test_a_report_can_be_of_one_model_or_provider(stats, spend):
    spend("u1", "1", model_id="openai/gpt-4o")
    spend("u1", "2", model_id="openai/gpt-4o-mini")
    spend("u1", "4", model_id="groq/llama")
    assert stats.report(person(Role.OPS), TODAY, TODAY, model="openai/gpt-4o").totals.cost == 1
    assert stats.report(person(Role.OPS), TODAY, TODAY, provider="openai").totals.cost == 3


@pytest.mark.parametrize("by", ["user", "tag:team"])
def test_under_a_tag_nothing_is_told_by_person_or_tag(stats, spend, by):
    spend("u1", "1")
    assert {one.key for one in stats.report(person(Role.PM), TODAY, TODAY, by=by).slices} <= {"Ann"}
    assert stats.report(person(Role.PM), TODAY, TODAY, by=by, tag=("team", "red")).slices == []


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY, TODAY - timedelta(1)), (date.min, TODAY), (TODAY, date.max), (date(2010, 1, 1), TODAY)]
)
def test_impossible_days_are_refused_in_plain_words(stats, first, last):
    with pytest.raises(InvalidRequest, match="three years"):
        stats.report(person(Role.OPS), first, last)
