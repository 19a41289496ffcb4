"""The figures of a period are the sums of its runs, by local day, model, provider and person."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from json import dumps
from math import ceil
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.domain.faults import FaultCode
from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.runs import RunStatus
from core.domain.spend import Days, Grain, SpendFilter
from core.domain.usage import Usage
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import NOW, add_user, admission, admit, record

ZONE = ZoneInfo("UTC")
TODAY = Days(NOW.date(), NOW.date())
YESTERDAY = TODAY.before


@pytest.fixture
def spend(database):
    return SpendStore(Rollups(database, ZONE))


def costing(amount, source=CostSource.COMPUTED):
    return Cost(amount=Decimal(amount), source=source)


def report(spend, asked=TODAY, *, by="model", grain=Grain.DAY, everybody=True, **chosen):
    return spend.report(asked, asked.before, SpendFilter(**chosen), by=by, grain=grain, everybody=everybody)


def test_without_runs_every_figure_is_nothing(spend):
    empty = report(spend)
    assert (empty.totals.runs, empty.totals.cost, empty.totals.error_rate) == (0, Decimal(0), None)
    assert (empty.totals.p50_latency_ms, empty.totals.cost_per_thousand_tokens) == (None, None)
    assert (empty.slices, empty.by_model, empty.by_provider, empty.by_user, empty.error_kinds) == ([], [], [], [], [])


def test_totals_tell_what_is_exact_estimated_unknown_and_failed(spend, ledger):
    record(ledger, admission(), cost=costing("0.1"))
    record(ledger, admission(), cost=costing("0.02", CostSource.ESTIMATED), status=RunStatus.CANCELLED)
    record(ledger, admission(), cost=UNKNOWN, status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    admit(ledger, admission())
    totals = report(spend).totals
    assert (totals.runs, totals.errors, totals.unpriced_runs) == (3, 1, 1)
    assert (totals.cost, totals.estimated_cost) == (Decimal("0.12"), Decimal("0.02"))
    assert (totals.input_tokens, totals.output_tokens) == (132, 360)
    assert (totals.cancelled, totals.incomplete, totals.unknown) == (1, 0, 0)
    assert totals.p50_ttft_ms == pytest.approx(170, rel=0.07)


@given(latencies=st.lists(st.integers(1, 60_000), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_percentiles_are_those_of_the_runs_but_for_the_width_of_a_bucket(database, spend, ledger, latencies):
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs CASCADE"))
    for latency in latencies:
        record(ledger, admission(), latency_ms=latency)
    totals, ordered = spend.totals(None, None), sorted(latencies)
    for share, told in ((0.5, totals.p50_latency_ms), (0.95, totals.p95_latency_ms), (0.99, totals.p99_latency_ms)):
        assert told == pytest.approx(ordered[ceil(share * len(ordered)) - 1], rel=0.08, abs=1)


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
    assert report(spend, user_id="bob", everybody=False).by_user == []


def test_the_period_before_is_told_to_compare_with(spend, ledger):
    midnight = NOW.replace(hour=0)
    record(ledger, admission(started_at=midnight - timedelta(days=1)), cost=costing("5"))
    record(ledger, admission(started_at=midnight), cost=costing("7"))
    record(ledger, admission(started_at=midnight + timedelta(days=1)), cost=costing("9"))
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
def test_a_run_falls_on_the_local_day_of_the_reporting_zone(database, ledger, zone, instant, day):
    record(ledger, admission(started_at=instant))
    told = report(SpendStore(Rollups(database, ZoneInfo(zone))), Days(day, day))
    assert [entry.day for entry in told.slices] == [day]
    assert told.totals.runs == 1


def test_days_tell_each_model_apart(spend, ledger):
    failed = {"status": RunStatus.ERROR, "error_code": FaultCode.NETWORK}
    record(ledger, admission(model_id="openai/a"), cost=costing("1"), usage=Usage(input_tokens=1, output_tokens=2))
    record(ledger, admission(model_id="openai/a"), cost=costing("1"), usage=Usage(input_tokens=3), **failed)
    record(ledger, admission(model_id="groq/c"), cost=UNKNOWN)
    entries = {entry.key: entry for entry in report(spend).slices}
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


@pytest.mark.parametrize(
    ("grain", "starts"),
    [
        (Grain.HOUR, [datetime(2026, 11, 16, 9), datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 10)]),
        (Grain.DAY, [datetime(2026, 11, 16), datetime(2026, 11, 20)]),
        (Grain.WEEK, [datetime(2026, 11, 16)]),
        (Grain.MONTH, [datetime(2026, 11, 1)]),
    ],
)
def test_slices_have_the_length_that_is_asked_for(spend, ledger, grain, starts):
    for instant in (NOW.replace(day=16, hour=9), NOW.replace(hour=9, minute=59), NOW.replace(hour=10)):
        record(ledger, admission(started_at=instant))
    told = report(spend, Days(date(2026, 11, 1), date(2026, 11, 30)), grain=grain)
    assert [one.starts for one in told.slices] == starts
    assert sum(one.runs for one in told.slices) == 3


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", {"openai/a", "groq/c"}),
        ("provider", {"openai", "groq"}),
        ("user", {"ann", "bob"}),
        ("tag:team", {"red"}),
    ],
)
def test_slices_are_by_what_is_asked_for(database, spend, ledger, by, keys):
    add_user(database, "bob")
    record(ledger, admission("ann", model_id="openai/a"))
    record(ledger, admission("bob", model_id="groq/c"))
    tag_all(database, "ann", team="red")
    assert {one.key for one in report(spend, by=by).slices} == keys


def test_what_lies_beyond_the_largest_is_folded_together(spend, ledger):
    for number in range(10):
        record(ledger, admission(model_id=f"openai/{number}"), cost=costing(number + 1))
    told = {one.key: one.cost for one in report(spend).slices}
    assert len(told) == 9
    assert told[""] == 1 + 2


def tag_all(database, user_id, **tags):
    statement = text("UPDATE llm_usage_logs SET tags = CAST(:tags AS jsonb) WHERE user_id = :user")
    database.call(lambda connection: connection.execute(statement, {"tags": dumps(tags), "user": user_id}))


def test_spend_is_allotted_by_tag(database, spend, ledger):
    add_user(database, "bob")
    record(ledger, admission("ann"), cost=costing("1"))
    record(ledger, admission("bob"), cost=costing("2"))
    tag_all(database, "ann", team="red", project="x")
    tag_all(database, "bob", team="blue")
    told = report(spend)
    assert {name: {group.key: group.totals.cost for group in groups} for name, groups in told.by_tag.items()} == {
        "team": {"blue": 2, "red": 1},
        "project": {"x": 1},
    }
    assert report(spend, tag=("team", "red")).totals.cost == 1
    assert spend.tag_values() == {"team": ["blue", "red"], "project": ["x"]}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 11, 30)),
        (date(2026, 2, 14), date(2026, 9, 13)),
        (date(2026, 3, 2), date(2026, 3, 27)),
        (date(2026, 3, 2), date(2026, 4, 27)),
        (date(2026, 4, 1), date(2026, 4, 30)),
    ],
)
def test_a_period_is_put_together_from_months_and_days(spend, ledger, first, last):
    instants = [datetime(2026, month, day, 12, tzinfo=UTC) for month in range(1, 12) for day in (1, 14, 28)]
    for instant in instants:
        record(ledger, admission(started_at=instant))
    told = report(spend, Days(first, last)).totals
    assert told.runs == sum(first <= instant.date() <= last for instant in instants)


def test_the_hours_of_a_person_and_of_a_tag_are_told_together(database, spend, ledger):
    record(ledger, admission(model_id="openai/a"), cost=costing("1"))
    record(ledger, admission(model_id="groq/c"), cost=costing("2"))
    tag_all(database, "ann", team="red")
    for chosen in ({"user_id": "ann"}, {"tag": ("team", "red")}):
        assert [(one.key, one.cost) for one in report(spend, grain=Grain.HOUR, **chosen).slices] == [("", 3)]
        assert report(spend, grain=Grain.HOUR, model_id="groq/c", **chosen).slices == []


def test_days_tell_all_that_charts_count(spend, ledger):
    record(ledger, admission(), cost=costing("1"), usage=Usage(input_tokens=1, output_tokens=2))
    record(ledger, admission(), cost=costing("2"), status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    (day,) = report(spend).days
    assert (day.day, day.cost, day.runs, day.errors, day.tokens) == (NOW.date(), 3, 2, 1, 3 + 164)


def test_hours_of_the_week_are_local_ones(database, ledger):
    record(ledger, admission(started_at=datetime(2026, 11, 15, 18, 20, tzinfo=UTC)))
    told = report(
        SpendStore(Rollups(database, ZoneInfo("Asia/Kathmandu"))), Days(date(2026, 11, 16), date(2026, 11, 16))
    )
    assert [(one.weekday, one.hour, one.runs) for one in told.hours] == [(0, 0, 1)]


def test_the_models_that_were_run_are_told_by_person_and_in_the_order_of_their_first_runs(database, spend, ledger):
    add_user(database, "bob")
    record(ledger, admission("ann", model_id="openai/b"))
    record(ledger, admission("bob", model_id="groq/a", started_at=NOW + timedelta(seconds=1)))
    assert (spend.model_ids("ann"), spend.model_ids(None)) == (["openai/b"], ["groq/a", "openai/b"])
    assert spend.catalogue() == ["openai/b", "groq/a"]
    record(ledger, admission("ann", model_id="anthropic/earlier", started_at=NOW - timedelta(days=1)))
    assert spend.catalogue() == ["openai/b", "groq/a", "anthropic/earlier"]
