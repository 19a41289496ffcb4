"""Limits and charts keep to the reporting zone's calendar: at the edges of months, through clock changes, set back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.access import CONTRACT, Role, Tier, rule_of
from core.domain.accounts import User
from core.domain.runs import RunOrigin
from core.domain.spend import Days
from core.errors import LimitReached
from core.services.runs import Runs
from core.services.stats import Stats
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.refusals import RefusalStore
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.accounts import Clock
from tests.fixtures.lab import add_user, ended, request
from tests.fixtures.runs import add_user as add_owner
from tests.fixtures.runs import admission, record

TRIAL = rule_of(Tier.TRIAL, CONTRACT).runs_a_month
ONE = timedelta(seconds=1)
EDGES = [
    ("UTC", datetime(2026, 12, 1, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 11, 30, 18, 15, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 31, 22, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),
]
"""The instants at which a month begins, some of them in a month of a clock change."""


@pytest.fixture
def runs_in(lab):
    """The service in a zone, at a clock's time."""

    def service(zone, clock):
        return Runs(
            models=lab.models,
            tiers=lab.tiers,
            engine=lab.engine,
            ledger=Ledger(lab.database, instance_id=1),
            history=HistoryStore(lab.database),
            refusals=RefusalStore(lab.database),
            spend=SpendStore(Rollups(lab.database, ZoneInfo(zone))),
            zone=ZoneInfo(zone),
            deadline_s=60,
            concurrency=0,
            now=clock,
        )

    return service


def run(runs, user):
    return ended(runs.start(user, request("openrouter/sim/words:free"), RunOrigin.API))


def use_up(lab):
    lab.database.call(lambda connection: connection.exec_driver_sql(f"UPDATE month_counts SET runs = {TRIAL}"))


@pytest.mark.parametrize(("zone", "edge"), EDGES)
def test_a_month_and_its_limit_begin_at_the_zones_midnight(lab, runs_in, zone, edge):
    clock = Clock(edge - ONE)
    runs, ann = runs_in(zone, clock), add_user(lab, tier=Tier.TRIAL)
    run(runs, ann)
    use_up(lab)
    with pytest.raises(LimitReached) as refused:
        run(runs, ann)
    assert refused.value.resets_at == runs.allowance(ann).resets_at == edge
    clock.time = edge
    assert (runs.runs_left(ann), runs.allowance(ann).spent_this_month) == (TRIAL, 0)
    run(runs, ann)
    assert runs.runs_left(ann) == TRIAL - 1


def test_a_clock_that_is_set_back_gives_no_month_twice(lab, runs_in):
    edge = datetime(2026, 12, 1, tzinfo=UTC)
    clock = Clock(edge - ONE)
    runs, ann = runs_in("UTC", clock), add_user(lab, tier=Tier.TRIAL)
    run(runs, ann)
    use_up(lab)
    clock.time = edge
    run(runs, ann)
    clock.time = edge - ONE
    with pytest.raises(LimitReached):
        run(runs, ann)
    clock.time = edge
    assert runs.runs_left(ann) == TRIAL - 1


def test_a_clock_that_is_set_back_in_mid_run_leaves_its_duration_right(lab, runs_in):
    clock = Clock(datetime.now(UTC) + timedelta(hours=1))  # the run ends an hour before it began
    ann = add_user(lab)
    outcome = ended(runs_in("UTC", clock).start(ann, request("openai/sim/words?n=10&rate=50"), RunOrigin.API))
    assert outcome.ended_at < clock.time
    assert 150 <= outcome.latency_ms < 5000
    assert HistoryStore(lab.database).find(outcome.run_id).latency_ms == outcome.latency_ms


FIRST, LAST = date(2026, 10, 24), date(2026, 11, 2)
ZONES = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham"]
minutes = st.integers(0, 14 * 24 * 60).map(
    lambda minute: datetime(2026, 10, 22, tzinfo=UTC) + timedelta(minutes=minute)
)


@given(instants=st.lists(minutes, min_size=1, max_size=6), zone=st.sampled_from(ZONES))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_run_is_on_the_chart_on_its_local_day_and_once(database, instants, zone):
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs, users CASCADE"))
    owner, ledger = add_owner(database), Ledger(database, instance_id=1)
    for instant in instants:
        record(ledger, admission(owner, started_at=instant))
    report = Stats(SpendStore(Rollups(database, ZoneInfo(zone))), dict).report(
        User(owner, owner, Tier.ENTERPRISE, Role.OPS), FIRST, LAST
    )
    local = sorted(day for day in (instant.astimezone(ZoneInfo(zone)).date() for instant in instants))
    within = [day for day in local if FIRST <= day <= LAST]
    assert [day.day for day in report.slices for _ in range(day.runs)] == within
    assert report.totals.runs == len(within)
    assert sum((day.cost for day in report.slices), Decimal(0)) == report.totals.cost
    assert report.days_asked == Days(FIRST, LAST)
