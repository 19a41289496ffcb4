"""The figures of a period are the sums of its runs, by local day, model, provider and person."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.faults import FaultCode
from core.domain.periods import Period, days
from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.store.spend import SpendStore
from tests.fixtures.runs import NOW, add_user, admission, admit, record

ZONE = ZoneInfo("UTC")
TODAY = Period(NOW - timedelta(hours=12), NOW + timedelta(hours=12))
YESTERDAY = Period(TODAY.start - timedelta(days=1), TODAY.start)


@pytest.fixture
def spend(database):
    return SpendStore(database)


def costing(amount, source=CostSource.COMPUTED):
    return Cost(amount=Decimal(amount), source=source)


def report(spend, period=TODAY, previous=YESTERDAY, zone=ZONE, *, by_user=True, **chosen):
    return spend.report(period, previous, zone, **{"user_id": None} | chosen, by_user=by_user)


def test_without_runs_every_figure_is_nothing(spend):
    empty = report(spend)
    assert (empty.totals.runs, empty.totals.cost, empty.totals.error_rate) == (0, Decimal(0), None)
    assert (empty.totals.p50_latency_ms, empty.totals.last_run_at) == (None, None)
    assert (empty.by_day, empty.by_model, empty.by_provider, empty.by_user, empty.error_kinds) == ([], [], [], [], [])


def test_totals_tell_what_is_exact_estimated_unknown_and_failed(spend, ledger):
    record(ledger, admission(), cost=costing("0.1"))
    record(ledger, admission(), cost=costing("0.02", CostSource.ESTIMATED), status=RunStatus.CANCELLED)
    record(ledger, admission(), cost=UNKNOWN, status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    admit(ledger, admission())
    totals = report(spend).totals
    assert (totals.runs, totals.errors, totals.unknown_runs) == (3, 1, 1)
    assert (totals.cost, totals.estimated_cost) == (Decimal("0.12"), Decimal("0.02"))
    assert (totals.input_tokens, totals.output_tokens) == (132, 360)
    assert (totals.last_run_at, totals.p50_ttft_ms) == (NOW, 170)


@given(latencies=st.lists(st.integers(1, 60_000), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_percentiles_interpolate(database, spend, ledger, latencies):
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs CASCADE"))
    for latency in latencies:
        record(ledger, admission(), latency_ms=latency)
    totals = spend.totals(None, None)
    ordered, place = sorted(latencies), 0.95 * (len(latencies) - 1)
    below = ordered[int(place)]
    above = ordered[min(int(place) + 1, len(ordered) - 1)]
    assert totals.p50_latency_ms == pytest.approx(median(latencies))
    assert totals.p95_latency_ms == pytest.approx(below + (above - below) * (place - int(place)))


def test_each_group_is_summed_and_the_dearest_comes_first(database, spend, ledger):
    add_user(database, "bob")
    record(ledger, admission("ann", model_id="openai/a"), cost=costing("1"))
    record(ledger, admission("bob", model_id="openai/b"), cost=costing("3"))
    record(ledger, admission("bob", model_id="groq/c"), cost=costing("2"))
    whole = report(spend)
    figures = {
        kind: [(group.key, group.totals.cost) for group in groups]
        for kind, groups in {"model": whole.by_model, "provider": whole.by_provider, "user": whole.by_user}.items()
    }
    assert figures == {
        "model": [("openai/b", 3), ("groq/c", 2), ("openai/a", 1)],
        "provider": [("openai", 4), ("groq", 2)],
        "user": [("bob", 5), ("ann", 1)],
    }


def test_one_person_one_model_and_one_provider_can_be_chosen(database, spend, ledger):
    add_user(database, "bob")
    record(ledger, admission("ann", model_id="openai/a"))
    record(ledger, admission("bob", model_id="openai/b"))
    record(ledger, admission("bob", model_id="groq/c"))
    assert report(spend, user_id="bob").totals.runs == 2
    assert report(spend, user_id="bob", provider="openai").totals.runs == 1
    assert report(spend, model_id="groq/c").totals.runs == 1
    assert report(spend, user_id="ann", model_id="groq/c").totals.runs == 0
    assert report(spend, user_id="bob", by_user=False).by_user == []


def test_the_period_before_is_told_to_compare_with(spend, ledger):
    record(ledger, admission(started_at=YESTERDAY.start), cost=costing("5"))
    record(ledger, admission(started_at=TODAY.start), cost=costing("7"))
    record(ledger, admission(started_at=TODAY.end), cost=costing("9"))
    told = report(spend)
    assert (told.previous.cost, told.totals.cost) == (5, 7)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("UTC", datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC), date(2026, 11, 19)),
        ("Asia/Kathmandu", datetime(2026, 11, 19, 18, 15, tzinfo=UTC), date(2026, 11, 20)),
        ("Asia/Kathmandu", datetime(2026, 11, 19, 18, 14, 59, tzinfo=UTC), date(2026, 11, 19)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("America/New_York", datetime(2026, 11, 2, 4, 30, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_a_run_falls_on_the_local_day_of_the_reporting_zone(spend, ledger, zone, instant, day):
    record(ledger, admission(started_at=instant))
    period = days(day, day, ZoneInfo(zone))
    told = report(spend, period, period, ZoneInfo(zone))
    assert [entry.day for entry in told.by_day] == [day]
    assert told.totals.runs == 1


def test_days_tell_each_model_apart(spend, ledger):
    failed = {"status": RunStatus.ERROR, "error_code": FaultCode.NETWORK}
    record(ledger, admission(model_id="openai/a"), cost=costing("1"), usage=Usage(input_tokens=1, output_tokens=2))
    record(ledger, admission(model_id="openai/a"), cost=costing("1"), usage=Usage(input_tokens=3), **failed)
    record(ledger, admission(model_id="groq/c"), cost=UNKNOWN)
    entries = {entry.model_id: entry for entry in report(spend).by_day}
    a, c = entries["openai/a"], entries["groq/c"]
    assert (a.day, a.cost, a.runs, a.tokens, a.errors) == (NOW.date(), 2, 2, 6, 1)
    assert (c.cost, c.runs) == (0, 1)


def test_kinds_of_errors_are_counted_the_commonest_first(spend, ledger):
    kinds = [FaultCode.TIMEOUT, FaultCode.NETWORK, FaultCode.TIMEOUT, None]
    for kind in kinds:
        record(ledger, admission(), status=RunStatus.ERROR, error_code=kind)
    record(ledger, admission(), status=RunStatus.CANCELLED, error_code=FaultCode.ABANDONED)
    assert report(spend).error_kinds == [("timeout", 2), ("network", 1), ("unknown", 1)]


def test_totals_of_all_time_and_of_one_person(database, spend, ledger):
    add_user(database, "bob")
    record(ledger, admission("bob", started_at=NOW - timedelta(days=900)))
    record(ledger, admission("ann"))
    assert spend.totals(None, None).runs == 2
    assert spend.totals(TODAY, None).runs == 1
    assert spend.totals(None, "bob").runs == 1
