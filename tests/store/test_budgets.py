"""Budgets hold: nobody passes a hard one, and what they say is spent is what the ledger says."""

from concurrent.futures import ThreadPoolExecutor
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
from core.store.budgets import BudgetStore
from core.store.ledger import Ledger
from core.store.tables import llm_usage_logs
from tests.fixtures.runs import NOW, add_user, admission, admit, outcome, record

ZONE = ZoneInfo("Asia/Kathmandu")
NOTE = Note("root", "set budget", "Everything")
DIME = Decimal("0.10")


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


def used(store, at=NOW):
    (state,) = store.states(at)
    return state.spent, state.reserved


def cost(dollars):
    return Cost(amount=Decimal(dollars), source=CostSource.COMPUTED)


def test_of_many_at_once_exactly_as_many_pass_as_there_is_room_for(ledger, store):
    store.add(budget("1.00"), NOTE)
    runs = [admission(reserved_usd=DIME) for _ in range(64)]

    def passes(run):
        try:
            admit(ledger, run)
        except BudgetReached:
            return False
        return True

    with ThreadPoolExecutor(64) as together:
        passed = list(together.map(passes, runs))
    assert passed.count(True) == 10
    assert used(store) == (0, Decimal("1.00"))


def test_a_settled_run_gives_back_what_it_did_not_cost(ledger, store):
    store.add(budget("1.00"), NOTE)
    run = admission(reserved_usd=Decimal("0.90"))
    admit(ledger, run)
    with pytest.raises(BudgetReached):
        admit(ledger, admission(reserved_usd=Decimal("0.20")))
    assert ledger.settle(outcome(run, cost=cost("0.05"))).result()
    assert used(store) == (Decimal("0.05"), 0)
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


def test_a_soft_budget_counts_and_refuses_nobody(ledger, store):
    store.add(budget("0.05", hard=False), NOTE)
    admit(ledger, admission(reserved_usd=DIME))
    assert used(store) == (0, DIME)


def test_what_users_pay_themselves_counts_in_no_budget(ledger, store):
    store.add(budget("0.05"), NOTE)
    record(ledger, admission(reserved_usd=DIME, paid_by=Payer.OWN), cost=cost("3"))
    assert used(store) == (0, 0)


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
def test_a_budget_counts_what_it_is_for_also_from_before_it_was_set(ledger, store, scope, member, counted):
    record(ledger, admission(tags={"team": "search"}), cost=cost("0.5"))
    store.add(budget(scope=scope, member=member), NOTE)
    record(ledger, admission(tags={"team": "search"}), cost=cost("0.25"))
    assert used(store)[0] == (Decimal("0.75") if counted else 0)


def test_a_period_begins_at_midnight_of_the_reporting_zone(ledger, store):
    day = budget(period=BudgetPeriod.DAY)
    store.add(day, NOTE)
    midnight = datetime(2026, 11, 20, 18, 15, tzinfo=UTC)
    record(ledger, admission(started_at=midnight - timedelta(microseconds=1)), cost=cost("0.5"))
    record(ledger, admission(started_at=midnight), cost=cost("0.25"))
    assert used(store, midnight - timedelta(seconds=1))[0] == Decimal("0.5")
    assert used(store, midnight)[0] == Decimal("0.25")


def test_a_budget_for_something_else_is_counted_anew(ledger, store):
    record(ledger, admission("bob"), cost=cost("0.5"))
    first = budget(scope=BudgetScope.USER, member="ann")
    store.add(first, NOTE)
    changed = Budget(first.id, "Bob", BudgetScope.USER, "bob", first.period, Decimal(2), False, "root", NOW)
    store.change(changed, NOTE, NOW)
    (state,) = store.states(NOW)
    assert (state.budget, state.spent) == (changed, Decimal("0.5"))
    store.drop(first.id, NOTE)
    assert store.states(NOW) == []
    for gone in (lambda: store.change(changed, NOTE, NOW), lambda: store.drop(first.id, NOTE)):
        with pytest.raises(NotFound):
            gone()


def test_each_act_leaves_its_note(database, store):
    one = budget()
    store.add(one, NOTE)
    store.drop(one.id, Note("root", "drop budget", one.name))
    acts = text("SELECT act FROM audit_log ORDER BY id")
    assert database.call(lambda connection: connection.scalars(acts).all()) == ["set budget", "drop budget"]


def test_in_another_zone_the_periods_are_those_of_that_zone(ledger, database, store):
    store.add(budget(period=BudgetPeriod.DAY), NOTE)
    record(ledger, admission(started_at=NOW - timedelta(hours=11)), cost=cost("0.5"))
    elsewhere = BudgetStore(database, ZoneInfo("America/New_York"))
    elsewhere.prepare(NOW)
    assert used(elsewhere) == (0, 0)
    assert used(elsewhere, NOW)[0] == 0
    store.prepare(NOW)
    assert used(store)[0] == Decimal("0.5")


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
def test_whatever_is_done_to_the_ledger_a_budget_says_what_the_ledger_says(database, ledger, changes):
    store, runs = BudgetStore(database, ZONE), []
    database.call(lambda connection: connection.execute(text("DELETE FROM budgets; DELETE FROM llm_usage_logs")))
    store.add(budget("1000", period=BudgetPeriod.DAY), NOTE)
    for what, which, amount, hours in changes:
        change_ledger(database, ledger, runs, what, which, amount, NOW + timedelta(hours=hours))
    for day in range(18, 23):
        told = database.call(lambda connection, day=day: connection.execute(SPENT, {"day": f"2026-11-{day}"}).one())
        assert used(store, datetime(2026, 11, day, 6, tzinfo=UTC)) == tuple(told)


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
