"""However a total is asked for, it is the same to the last digit, in every zone, across edges of days and months."""

from datetime import date
from decimal import Decimal
from json import loads
from zoneinfo import ZoneInfo

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.queries import HistoryFilter
from core.domain.spend import Grain
from core.services.export_formats import Format
from core.services.exports import Exports
from core.services.history import History
from core.services.stats import Stats
from core.store.audit import AuditStore
from core.store.export_rows import ExportRows
from core.store.history import HistoryStore
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import add_user
from tests.fixtures.zones import PERIODS, ZONES, exact_sum, plain_totals, record_year

ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)


@pytest.fixture
def year(database):
    add_user(database)
    add_user(database, "bob")
    record_year(database, "ann", "bob")
    return database


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_page_history_and_plain_sql_agree(year, zone, first, last):
    runs, cost, tokens = plain_totals(year, "ann", zone, first, last)
    spend = SpendStore(Rollups(year, ZoneInfo(zone)))
    for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH):
        report = Stats(spend, dict).report(ANN, first, last, grain=grain)
        assert (report.totals.runs, report.totals.cost, report.totals.total_tokens) == (runs, cost, tokens)
        assert exact_sum(one.cost for one in report.slices) == cost
        assert exact_sum(group.totals.cost for group in report.by_model) == cost
        within = [day for day in report.days if first <= day.day <= last]
        assert exact_sum(day.cost for day in within) == exact_sum(hour.cost for hour in report.hours) == cost
    history = History(HistoryStore(year), ZoneInfo(zone), AuditStore(year), dict)
    page = history.page(ANN, HistoryFilter(period=history.period(first, last)), size=100)
    assert (len(page.rows), exact_sum(row.cost.amount for row in page.rows)) == (runs, cost)
    exports = Exports(ExportRows(year), HistoryStore(year), AuditStore(year))
    file = loads(b"".join(exports.open(ANN, HistoryFilter(period=history.period(first, last)), Format.JSON).pieces))
    assert (len(file), exact_sum(Decimal(row["cost_usd"]) for row in file)) == (runs, cost)


def test_all_of_a_persons_runs_are_the_same_by_summary_and_by_plain_sql(year):
    runs, cost, tokens = plain_totals(year, "ann", "UTC", date(2000, 1, 1), date(2100, 1, 1))
    summary = Stats(SpendStore(Rollups(year, ZoneInfo("UTC"))), dict).summary(ANN)
    assert (summary.runs, summary.cost, summary.tokens) == (runs, cost, tokens)
