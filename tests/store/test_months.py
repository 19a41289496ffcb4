"""The ledger has a table for each month, made ahead, and loses nothing when one is made late or taken out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from core.errors import InvalidRequest, NotFound
from core.store.history import HistoryStore
from core.store.months import Months
from core.store.rollups import Rollups
from tests.fixtures.runs import admission, record

LATER = datetime(2028, 2, 10, tzinfo=UTC)
STRAY = datetime(2028, 3, 31, 23, 59, 59, tzinfo=UTC)


def tables_of(database, run_id):
    found = text("SELECT tableoid::regclass::text FROM llm_usage_logs WHERE id = :id")
    return list(database.call(lambda connection: connection.scalars(found, {"id": run_id}).all()))


@pytest.fixture
def months(database):
    return Months(database, now=lambda: LATER)


def test_months_are_made_ahead_once(months):
    before = months.all()
    months.make_ahead()
    assert months.all() == [*before, *(date(2028, month, 1) for month in (2, 3, 4, 5))]
    months.make_ahead()
    assert len(months.all()) == len(before) + 4


def test_a_run_lies_in_its_month_or_among_the_others(database, ledger, months):
    stray = record(ledger, admission(started_at=STRAY))
    assert tables_of(database, stray.run_id) == ["llm_usage_months.others"]
    rollups = Rollups(database, ZoneInfo("UTC"))
    rollups.fold()
    months.make_ahead()
    assert tables_of(database, stray.run_id) == ["llm_usage_months.m2028_03"]
    assert HistoryStore(database).find(stray.run_id).response == stray.text
    assert rollups.differences() == 0
    record(ledger, admission(started_at=STRAY))


def test_a_month_that_was_made_late_has_all_that_every_month_has(database, months):
    months.make_ahead()
    indexes = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'llm_usage_months' AND tablename = :name")

    def shapes(name):
        found = database.call(lambda connection: connection.scalars(indexes, {"name": name}).all())
        return sorted(line.partition(" USING ")[2] for line in found)

    assert shapes("m2028_02") == shapes("others") != []


def test_a_month_that_has_passed_can_be_detached_with_its_figures(database, ledger):
    months = Months(database, now=lambda: LATER + timedelta(days=60))
    Months(database, now=lambda: LATER).make_ahead()
    record(ledger, admission(started_at=LATER))
    with pytest.raises(InvalidRequest, match="kept still"):
        months.detach(LATER.date())
    ledger.clear_texts(LATER + timedelta(days=1))
    rollups = Rollups(database, ZoneInfo("UTC"))
    rollups.fold()
    assert months.detach(LATER.date()) == "llm_usage_months.m2028_02"
    assert rollups.differences() == 0
    rollups.fold()
    sums = "SELECT coalesce(sum(runs), 0) FROM rollups"
    assert database.call(lambda connection: connection.scalar(text(sums))) == 0
    with pytest.raises(NotFound):
        months.detach(LATER.date())


def test_the_running_month_cannot_be_detached(months):
    months.make_ahead()
    with pytest.raises(InvalidRequest, match="has passed"):
        months.detach(LATER.date())
