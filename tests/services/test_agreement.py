"""However a total is asked for, it is the same to the last digit, in every zone, across edges of days and months."""

from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from json import loads
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.pricing import Cost, CostSource
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.domain.spend import Grain
from core.services.export_formats import Format
from core.services.exports import Exports
from core.services.history import History
from core.services.stats import Stats
from core.store.audit import AuditStore
from core.store.export_rows import ExportRows
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import add_user, admission, record

ZONES = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
PERIODS = [
    (date(2026, 10, 25), date(2026, 10, 25)),  # Berlin's day of twenty-five hours
    (date(2026, 3, 29), date(2026, 4, 5)),  # it and Lord Howe change their clocks
    (date(2026, 10, 31), date(2026, 11, 1)),  # a month's edge, and New York's change
    (date(2026, 3, 1), date(2026, 11, 30)),
]
EDGES = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
EDGES += [datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
EXACT = Context(prec=100)
ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)

PLAIN = """
    SELECT count(*), coalesce(sum(cost), 0), coalesce(sum(input_tokens + output_tokens), 0) FROM llm_usage_logs
    WHERE user_id = 'ann' AND (created_at AT TIME ZONE :zone)::date BETWEEN :first AND :last"""


@pytest.fixture
def year(database):
    """Runs around the edges of days, with costs of many digits; every eighth is somebody else's."""
    add_user(database)
    add_user(database, "bob")
    ledger, rng = Ledger(database, instance_id=1), Random(7)
    for number in range(112):
        at = rng.choice(EDGES) + timedelta(minutes=rng.randrange(-36 * 60, 36 * 60), microseconds=rng.randrange(10**6))
        cost = Cost(amount=Decimal(rng.randrange(10**20)).scaleb(-18), source=rng.choice([*CostSource][:3]))
        run = admission("bob" if number % 8 == 0 else "ann", started_at=at, model_id=f"openai/{number % 3}")
        record(ledger, run, cost=cost, status=rng.choice([RunStatus.COMPLETED, RunStatus.ERROR]))
    return database


def exact_sum(amounts):
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_page_history_and_plain_sql_agree(year, zone, first, last):
    values = {"zone": zone, "first": first, "last": last}
    runs, cost, tokens = year.call(lambda connection: connection.execute(text(PLAIN), values).one())
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
    everything = {"zone": "UTC", "first": date(2000, 1, 1), "last": date(2100, 1, 1)}
    runs, cost, tokens = year.call(lambda connection: connection.execute(text(PLAIN), everything).one())
    summary = Stats(SpendStore(Rollups(year, ZoneInfo("UTC"))), dict).summary(ANN)
    assert (summary.runs, summary.cost, summary.tokens) == (runs, cost, tokens)
