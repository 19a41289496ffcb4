"""The rollups are what the ledger says, whoever writes to it and whatever is changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.store.rollups import _LOCK as LOCK
from core.store.rollups import Rollups
from tests.fixtures.runs import NOW, admission, admit, outcome, record

KATHMANDU = ZoneInfo("Asia/Kathmandu")
EDGE = datetime(2026, 10, 31, 18, 15, tzinfo=UTC)
"""The moment at which a month begins in Kathmandu."""


@pytest.fixture
def rollups(database):
    return Rollups(database, KATHMANDU)


def say(database, statement, **values):
    return database.call(lambda connection: connection.execute(text(statement), values).all())


def change(database, statement, **values):
    database.call(lambda connection: connection.execute(text(statement), values))


def runs_told(database):
    told = "SELECT coalesce(sum(runs), 0) FROM rollups WHERE grain = 'm' AND scope = '' AND model_name = ''"
    [[runs]] = say(database, told)
    return runs


RUNS = st.fixed_dictionaries(
    {
        "created_at": st.sampled_from([EDGE, EDGE - timedelta(microseconds=1), NOW, NOW + timedelta(days=40)]),
        "user_id": st.sampled_from(["ann", "bob"]),
        "model_name": st.sampled_from(["openai/a", "groq/b", "odd"]),
        "status": st.sampled_from(["started", "completed", "error", "cancelled", "unknown"]),
        "success": st.booleans(),
        "error_code": st.sampled_from([None, "timeout"]),
        "cost": st.one_of(st.none(), st.decimals(0, 5, places=9), st.sampled_from([Decimal("NaN"), Decimal("inf")])),
        "cost_source": st.sampled_from(["provider", "computed", "estimated", "unknown"]),
        "input_tokens": st.integers(0, 2**31 - 1),
        "latency_ms": st.one_of(st.none(), st.integers(0, 2**31 - 1)),
        "ttft_ms": st.one_of(st.none(), st.integers(0, 9000)),
        "tags": st.sampled_from(
            ["{}", '{"team": "red"}', '{"team": "blue", "project": "x"}', "[]", '{"team": null, "x": {"y": 1}}']
        ),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.lists(RUNS, min_size=1, max_size=4)),
        st.tuples(st.just("update"), RUNS),
        st.tuples(st.just("delete"), st.sampled_from(["openai/a", "groq/b", "odd"])),
        st.tuples(st.just("fold"), st.none()),
    ),
    min_size=1,
    max_size=7,
)


def do(database, rollups, step, given_):
    match step:
        case "insert":
            names = ", ".join(given_[0])
            places = ", ".join(f"CAST(:{name} AS jsonb)" if name == "tags" else f":{name}" for name in given_[0])
            for row in given_:
                change(database, f"INSERT INTO llm_usage_logs (id, {names}) VALUES (:id, {places})", id=uuid4(), **row)
        case "update":
            values = {name: value for name, value in given_.items() if name != "tags"}
            sets = ", ".join(f"{name} = :{name}" for name in values)
            change(database, f"UPDATE llm_usage_logs SET {sets} WHERE model_name = 'openai/a'", **values)
        case "delete":
            change(database, "DELETE FROM llm_usage_logs WHERE model_name = :model", model=given_)
        case "fold":
            rollups.fold()


@given(steps=STEPS, zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_inserts_updates_and_deletes_they_are_what_the_ledger_says(database, steps, zone):
    change(database, "TRUNCATE llm_usage_logs CASCADE")
    rollups = Rollups(database, ZoneInfo(zone))
    rollups.fold()
    for step, given_ in steps:
        do(database, rollups, step, given_)
        assert rollups.differences() == 0
    rollups.fold()
    assert rollups.differences() == 0
    before = everything(database)
    rollups.rebuild()
    assert everything(database) == before


def everything(database):
    keys = "grain, scope, member, model_name, starts"
    sums = say(database, f"SELECT * FROM rollups WHERE runs <> 0 ORDER BY {keys}")
    return [*sums, *say(database, f"SELECT * FROM rollup_errors WHERE runs <> 0 ORDER BY {keys}, code")]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE rollups SET cost = cost + 0.000000001 WHERE grain = 'd' AND scope = ''",
        "DELETE FROM rollups WHERE grain = 'h'",
        "UPDATE rollups SET latencies = latencies * 2",
        "INSERT INTO rollup_errors VALUES ('d', '', '', 'odd', now(), 'timeout', 1)",
        "DELETE FROM rollup_changes",
    ],
)
def test_damage_is_found_and_made_good(database, rollups, ledger, damage):
    record(ledger, admission())
    rollups.fold()
    record(ledger, admission())
    change(database, damage)
    assert rollups.differences() > 0
    rollups.rebuild()
    assert rollups.differences() == 0


def test_a_run_under_way_is_in_no_rollup_and_a_settled_one_is_once(database, rollups, ledger):
    run = admission()
    admit(ledger, run)
    rollups.fold()
    assert runs_told(database) == 0
    ledger.settle(outcome(run)).result()
    rollups.fold()
    rollups.fold()
    assert runs_told(database) == 1


def test_what_does_not_change_a_figure_is_not_noted(database, rollups, ledger):
    record(ledger, admission())
    rollups.fold()
    change(database, """UPDATE llm_usage_logs SET metadata = '{}', cost = cost + 0.0""")
    assert say(database, "SELECT count(*) FROM rollup_changes") == [(0,)]


def test_another_zone_makes_them_anew(database, ledger):
    record(ledger, admission(started_at=EDGE))
    starts = "SELECT starts FROM rollups WHERE grain = 'm' AND scope = '' AND model_name = ''"
    for zone, start in (("UTC", datetime(2026, 10, 1, tzinfo=UTC)), ("Asia/Kathmandu", EDGE)):
        rollups = Rollups(database, ZoneInfo(zone))
        rollups.fold()
        assert say(database, starts) == [(start,)]
        assert rollups.differences() == 0


def test_an_emptied_ledger_empties_them(database, rollups, ledger):
    record(ledger, admission())
    rollups.fold()
    record(ledger, admission())
    change(database, "TRUNCATE llm_usage_logs CASCADE")
    rollups.fold()
    assert (runs_told(database), rollups.differences()) == (0, 0)


def test_writers_and_folders_at_once_lose_nothing(database, rollups, ledger):
    runs = [admission(model_id=f"openai/{number % 3}") for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        folds = [pool.submit(rollups.fold) for _ in range(20)]
        for run in runs:
            record(ledger, run)
        for fold in folds:
            fold.result()
    rollups.fold()
    assert (runs_told(database), rollups.differences()) == (40, 0)


def test_a_rebuild_goes_on_beside_writers(database, rollups, ledger):
    record(ledger, admission())
    with ThreadPoolExecutor(2) as pool:
        rebuilds = [pool.submit(rollups.rebuild) for _ in range(3)]
        for _ in range(10):
            record(ledger, admission())
        for rebuild in rebuilds:
            rebuild.result()
    rollups.fold()
    assert (runs_told(database), rollups.differences()) == (11, 0)


def test_while_they_are_made_anew_what_was_there_is_read(database, rollups, ledger, monkeypatch):
    monkeypatch.setattr("core.store.rollups.PATIENCE_S", 0.05)
    record(ledger, admission())
    rollups.fold()
    record(ledger, admission())
    with database._engine.connect() as other, other.begin():
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        rollups.fold()
        assert runs_told(database) == 1
    rollups.fold()
    assert runs_told(database) == 2


def test_they_are_prepared_once_for_a_zone(database, rollups, ledger, caplog):
    caplog.set_level("INFO")
    rollups.prepare()
    record(ledger, admission())
    rollups.prepare()
    assert [record.message for record in caplog.records].count(
        "the rollups are made for the days of Asia/Kathmandu"
    ) == 1
