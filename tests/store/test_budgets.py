"""Budgets hold: nobody passes a hard one, and what they say is spent is what the ledger says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope
from core.domain.pricing import Cost, CostSource
from core.domain.runs import Payer
from core.errors import BudgetReached, NotFound
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.ledger import Ledger
from core.store.spool import Spool
from core.store.tables import llm_usage_logs
from tests.fixtures.runs import NOW, add_user, admission, admit, outcome, record
from tests.fixtures.rush import DIME, passed, rush, rushing

ZONE = ZoneInfo("Asia/Kathmandu")
NOTE = Note("root", "set budget", "Everything")


def budget(limit="1.00", *, scope=BudgetScope.LAB, member="", period=BudgetPeriod.MONTH, hard=True, name="Everything"):
    return Budget(uuid4(), name, scope, member, period, Decimal(limit), hard, "root", NOW)


@pytest.fixture
def ledger(database):
    add_user(database)
    add_user(database, "bob")
    return Ledger(database, instance_id=1)


@pytest.fixture
def store(database):
    return BudgetStore(database, ZONE)


def standing(database, at=NOW):
    (state,), _ = BudgetStates(database).shown(at)
    return state


@pytest.fixture
def used(database):
    """Tells what the one budget has spent, and holds reserved, in its period at an instant."""

    def told(at=NOW):
        state = standing(database, at)
        return state.spent, state.reserved

    return told


def cost(dollars):
    return Cost(amount=Decimal(dollars), source=CostSource.COMPUTED)


def test_of_many_at_once_exactly_as_many_pass_as_there_is_room_for(ledger, store, used):
    store.add(budget("1.00"), NOTE)
    assert passed(ledger, 64) == 10
    assert used() == (0, Decimal("1.00"))


def test_of_many_in_two_processes_at_once_exactly_as_many_pass_as_there_is_room_for(
    ledger, store, used, database, database_url
):
    store.add(budget("1.00"), NOTE)
    with rushing(database_url, [32, 32]) as processes:
        for _ in range(5):
            database.call(lambda connection: connection.execute(delete(llm_usage_logs)))
            assert (rush(processes), used()) == (10, (0, Decimal("1.00")))


def test_a_settled_run_gives_back_what_it_did_not_cost(ledger, store, used):
    store.add(budget("1.00"), NOTE)
    run = admission(reserved_usd=Decimal("0.90"))
    admit(ledger, run)
    with pytest.raises(BudgetReached):
        admit(ledger, admission(reserved_usd=Decimal("0.20")))
    assert ledger.settle(outcome(run, cost=cost("0.05"))).result()
    assert used() == (Decimal("0.05"), 0)
    admit(ledger, admission(reserved_usd=Decimal("0.95")))


def test_a_run_too_dear_for_what_is_left_leaves_the_room_to_others(ledger, store):
    store.add(budget("1.00"), NOTE)
    with pytest.raises(BudgetReached) as refused:
        admit(ledger, admission(reserved_usd=Decimal("5"), most_output_tokens=8_000_000))
    assert (refused.value.limit, refused.value.used) == (Decimal("1.00"), 0)
    assert refused.value.resets_at == datetime(2026, 11, 30, 18, 15, tzinfo=UTC)
    assert "“Everything” has $1.00 of $1.00 left this month, and this run could cost up to $5.00." in str(refused.value)
    assert "Set max tokens to 1,333,333 or less" in str(refused.value)
    admit(ledger, admission(reserved_usd=Decimal("1.00")))


def test_what_is_advised_fits(ledger, store):
    store.add(budget("1.00"), NOTE)
    admit(ledger, admission(reserved_usd=Decimal("0.4")))
    admit(ledger, admission(reserved_usd=1_000_000 * Decimal("0.6") / 1_000_000))


def test_a_free_run_passes_a_budget_that_is_used_up(ledger, store):
    store.add(budget("0"), NOTE)
    with pytest.raises(BudgetReached):
        admit(ledger, admission(reserved_usd=DIME))
    admit(ledger, admission(reserved_usd=Decimal(0)))


def test_a_soft_budget_counts_and_refuses_nobody(ledger, store, used):
    store.add(budget("0.05", hard=False), NOTE)
    admit(ledger, admission(reserved_usd=DIME))
    assert used() == (0, DIME)


def test_what_users_pay_themselves_counts_in_no_budget(ledger, store, used):
    store.add(budget("0.05"), NOTE)
    record(ledger, admission(reserved_usd=DIME, paid_by=Payer.OWN), cost=cost("3"))
    assert used() == (0, 0)


@pytest.mark.parametrize(
    ("scope", "member", "counted"),
    [
        (BudgetScope.LAB, "", True),
        (BudgetScope.USER, "ann", True),
        (BudgetScope.USER, "bob", False),
        (BudgetScope.PROVIDER, "openai", True),
        (BudgetScope.PROVIDER, "groq", False),
        (BudgetScope.MODEL, "openai/gpt-4o-mini", True),
        (BudgetScope.MODEL, "openai/gpt-4o", False),
        (BudgetScope.TAG, "team=search", True),
        (BudgetScope.TAG, "team=ads", False),
    ],
)
def test_a_budget_counts_what_it_is_for_also_from_before_it_was_set(ledger, store, scope, member, counted, used):
    record(ledger, admission(tags={"team": "search"}), cost=cost("0.5"))
    store.add(budget(scope=scope, member=member), NOTE)
    record(ledger, admission(tags={"team": "search"}), cost=cost("0.25"))
    assert used()[0] == (Decimal("0.75") if counted else 0)


def test_a_period_begins_at_midnight_of_the_reporting_zone(ledger, store, used):
    day = budget(period=BudgetPeriod.DAY)
    store.add(day, NOTE)
    midnight = datetime(2026, 11, 20, 18, 15, tzinfo=UTC)
    record(ledger, admission(started_at=midnight - timedelta(microseconds=1)), cost=cost("0.5"))
    record(ledger, admission(started_at=midnight), cost=cost("0.25"))
    assert used(midnight - timedelta(seconds=1))[0] == Decimal("0.5")
    assert used(midnight)[0] == Decimal("0.25")


@pytest.mark.parametrize(
    ("zone", "period", "at", "begins", "resets_at"),
    [
        ("Europe/Berlin", BudgetPeriod.DAY, "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        ("Europe/Berlin", BudgetPeriod.WEEK, "2026-03-29T12:00Z", "2026-03-22T23:00Z", "2026-03-29T22:00Z"),
        ("Europe/Berlin", BudgetPeriod.MONTH, "2026-10-31T23:00Z", "2026-10-31T23:00Z", "2026-11-30T23:00Z"),
        ("Australia/Lord_Howe", BudgetPeriod.DAY, "2026-04-04T16:00Z", "2026-04-04T13:00Z", "2026-04-05T13:30Z"),
        ("America/New_York", BudgetPeriod.MONTH, "2026-11-01T03:59Z", "2026-10-01T04:00Z", "2026-11-01T04:00Z"),
        ("America/New_York", BudgetPeriod.MONTH, "2026-11-01T04:00Z", "2026-11-01T04:00Z", "2026-12-01T05:00Z"),
        ("Asia/Kathmandu", BudgetPeriod.WEEK, "2026-11-22T18:14Z", "2026-11-15T18:15Z", "2026-11-22T18:15Z"),
    ],
)
def test_periods_follow_the_clocks_of_the_zone(ledger, database, used, zone, period, at, begins, resets_at):
    at, begins, resets_at = map(datetime.fromisoformat, (at, begins, resets_at))
    store = BudgetStore(database, ZoneInfo(zone))
    store.add(replace(budget(period=period), made_at=begins), NOTE)
    state = standing(database, at)
    assert (state.begins, state.resets_at) == (begins, resets_at)
    record(ledger, admission(started_at=begins), cost=cost("0.5"))
    record(ledger, admission(started_at=resets_at - timedelta(microseconds=1)), cost=cost("0.25"))
    record(ledger, admission(started_at=resets_at), cost=cost("0.125"))
    assert (used(at), used(resets_at)) == ((Decimal("0.75"), 0), (Decimal("0.125"), 0))


def test_a_settlement_that_waited_on_disk_takes_the_place_of_its_reservation_once(ledger, store, used, tmp_path):
    store.add(budget("1.00"), NOTE)
    run, spool = admission(reserved_usd=DIME), Spool(tmp_path)
    admit(ledger, run)
    spool.keep(outcome(run, cost=cost("0.03")))
    assert used() == (0, DIME)
    spool.replay(lambda kept: ledger.settle(kept).result())
    assert (used(), ledger.settle(outcome(run, cost=cost("9"))).result()) == ((Decimal("0.03"), 0), False)
    assert used() == (Decimal("0.03"), 0)


def test_what_a_dead_process_has_reserved_comes_back_and_its_true_cost_may_still_come(ledger, database, store, used):
    store.add(budget("1.00"), NOTE)
    run = admission(reserved_usd=Decimal("0.9"))
    admit(ledger, run)
    Ledger(database, instance_id=2).sweep(NOW)
    spent, reserved = used()
    assert 0 < spent < DIME and reserved == 0
    assert ledger.settle(outcome(run, cost=cost("0.5"))).result()
    assert used() == (Decimal("0.5"), 0)


def test_a_budget_for_something_else_is_counted_anew(ledger, store, database):
    record(ledger, admission("bob"), cost=cost("0.5"))
    first = budget(scope=BudgetScope.USER, member="ann")
    store.add(first, NOTE)
    changed = Budget(first.id, "Bob", BudgetScope.USER, "bob", first.period, Decimal(2), False, "root", NOW)
    store.change(changed, NOTE, NOW)
    state = standing(database)
    assert (state.budget, state.spent) == (changed, Decimal("0.5"))
    store.drop(first.id, NOTE)
    assert BudgetStates(database).shown(NOW) == ([], 0)
    for gone in (lambda: store.change(changed, NOTE, NOW), lambda: store.drop(first.id, NOTE)):
        with pytest.raises(NotFound):
            gone()


def test_each_act_leaves_its_note(database, store):
    one = budget()
    store.add(one, NOTE)
    store.drop(one.id, Note("root", "drop budget", one.name))
    acts = text("SELECT act FROM audit_log ORDER BY id")
    assert database.call(lambda connection: connection.scalars(acts).all()) == ["set budget", "drop budget"]


def test_in_another_zone_the_periods_are_those_of_that_zone(ledger, database, store, used):
    store.add(budget(period=BudgetPeriod.DAY), NOTE)
    record(ledger, admission(started_at=NOW - timedelta(hours=11)), cost=cost("0.5"))
    elsewhere = BudgetStore(database, ZoneInfo("America/New_York"))
    elsewhere.prepare(NOW)
    assert used() == (0, 0)
    store.prepare(NOW)
    assert used()[0] == Decimal("0.5")


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "settle", "reprice", "delete", "by hand"]),
        st.integers(0, 5),
        st.integers(0, 10**6).map(lambda digits: Decimal(digits).scaleb(-7)),
        st.integers(-40, 40),
    ),
    max_size=25,
)
SPENT = text("""
    SELECT coalesce(sum(cost) FILTER (WHERE status <> 'started'), 0),
        coalesce(sum(reserved_usd) FILTER (WHERE status = 'started'), 0) FROM llm_usage_logs
    WHERE paid_by = 'lab' AND date_trunc('day', timezone('Asia/Kathmandu', created_at)) = :day
        AND timezone('Asia/Kathmandu', created_at)::date >= '2026-11-20'""")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_whatever_is_done_to_the_ledger_a_budget_says_what_the_ledger_says(database, ledger, changes, used):
    store, runs = BudgetStore(database, ZONE), []
    database.call(lambda connection: connection.execute(text("DELETE FROM budgets; DELETE FROM llm_usage_logs")))
    store.add(budget("1000", period=BudgetPeriod.DAY), NOTE)
    for what, which, amount, hours in changes:
        change_ledger(database, ledger, runs, what, which, amount, NOW + timedelta(hours=hours))
    for day in range(18, 23):
        told = database.call(lambda connection, day=day: connection.execute(SPENT, {"day": f"2026-11-{day}"}).one())
        assert used(datetime(2026, 11, day, 6, tzinfo=UTC)) == tuple(told)


def change_ledger(database, ledger, runs, what, which, amount, at):
    """Do one thing to the ledger, as the lab does it or as somebody else might."""
    if what == "insert" or not runs:
        runs.append(admission(reserved_usd=amount, started_at=at, paid_by=Payer.OWN if which == 5 else Payer.LAB))
        admit(ledger, runs[-1])
        return
    run = runs[which % len(runs)]
    mine = llm_usage_logs.c.id == run.run_id
    if what == "settle":
        ledger.settle(outcome(run, cost=cost(amount))).result()
    elif what == "reprice":
        database.call(lambda connection: connection.execute(update(llm_usage_logs).where(mine).values(cost=amount)))
    elif what == "delete":
        database.call(lambda connection: connection.execute(delete(llm_usage_logs).where(mine)))
    else:
        row = {"id": uuid4(), "user_id": "ann", "model_name": "a/b", "cost": amount, "created_at": at}
        database.call(lambda connection: connection.execute(insert(llm_usage_logs).values(row)))
