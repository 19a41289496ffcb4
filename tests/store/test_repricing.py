"""Pricing runs anew: exact, foreseen, done as a whole or not at all, and taken back to the last digit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope
from core.domain.periods import Period
from core.domain.pricing import FALLBACK, Cost, CostSource, Prices, PriceSource, Rate, cost_of, flat
from core.domain.recomputing import differs
from core.domain.repricing import Repricing, Selection, Tariff
from core.domain.usage import Usage
from core.errors import InvalidRequest, NotFound
from core.store.budgets import BudgetStore
from core.store.cost_records import cost_records
from core.store.history import HistoryStore
from core.store.repricing import Plan, RepricingStore
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from tests.fixtures.runs import MODEL, NOW, add_user, admission, record

DAY = Period(NOW - timedelta(hours=12), NOW + timedelta(hours=12))
EVER = Selection(DAY)
DEAR = Prices(
    input=Rate(base=Decimal("1.25"), above=((1000, Decimal("2.50")),)),
    output=Rate(base=Decimal("10.000000000001")),
    cached=Rate(base=Decimal("0.125")),
    per_request=Decimal("0.0005"),
    source=PriceSource.ADMINISTRATOR,
)


@pytest.fixture
def store(database):
    return RepricingStore(database)


@pytest.fixture
def history(database):
    return HistoryStore(database)


def plan(prices=DEAR, *, own=True, selection=EVER, model_id=MODEL, period=DAY):
    return Plan(selection, (Tariff(model_id, period, prices, own),))


def apply(store, plan, at=NOW):
    """Do what is foreseen."""
    preview = store.preview(plan)
    total, selection = preview.total, plan.selection
    done = Repricing(uuid4(), "admin", at, "why", selection, total.runs, total.before, total.after, plan.undoes)
    store.apply(plan, done, preview.digest, Note("admin", "reprice runs", str(done.id)))
    return done


def rows(database, statement):
    return database.call(lambda connection: connection.execute(text(statement)).all())


tokens = st.integers(0, 2_000)
usages = st.builds(
    lambda fresh, cached, written, output: Usage(
        input_tokens=fresh + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output,
    ),
    tokens, tokens, tokens, tokens,
)  # fmt: skip
amounts = st.decimals(0, 50, places=9)
rates = st.builds(
    lambda base, above: Rate(base=base, above=tuple(above)),
    amounts,
    st.lists(st.tuples(st.sampled_from([500, 3000]), amounts), max_size=2, unique_by=lambda cliff: cliff[0]),
)
prices = st.builds(
    Prices, input=rates, output=rates, cached=st.none() | rates, cache_write=st.none() | rates,
    per_request=amounts, source=st.sampled_from([PriceSource.ADMINISTRATOR, PriceSource.FALLBACK]),
)  # fmt: skip


@given(st.lists(st.tuples(usages, st.booleans()), min_size=1, max_size=4), prices)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_reckons_as_cost_of_does(database, ledger, store, history, used, told):
    database.call(lambda connection: connection.execute(text("TRUNCATE llm_usage_logs CASCADE")))
    runs = [(admission(), usage, reported) for usage, reported in used]
    for run, usage, reported in runs:
        wrong = Cost(amount=Decimal(77), source=CostSource.ESTIMATED)
        record(ledger, run, usage=usage, usage_reported=reported, cost=wrong)
    done = apply(store, plan(told))
    costs = [cost_of(usage, told, reported=reported) for _, usage, reported in runs]
    assert [history.find(run.run_id).cost for run, _, _ in runs] == costs
    assert done.after == sum((cost.amount for cost in costs), Decimal(0))
    assert not any(map(differs, cost_records(database, DAY)))


def test_a_preview_tells_each_model_and_each_user_and_changes_nothing(database, ledger, store, history):
    add_user(database, "bob")
    runs = [admission(), admission("bob"), admission("bob", model_id="groq/b")]
    before = [record(ledger, run).cost for run in runs]
    both = Plan(EVER, (Tariff(MODEL, DAY, DEAR, True), Tariff("groq/b", DAY, DEAR, True)))
    preview = store.preview(both)
    usage = Usage(input_tokens=44, output_tokens=120)
    one = cost_of(usage, DEAR, reported=True).amount
    assert (preview.total.runs, preview.total.after) == (3, one * 3)
    assert preview.total.before == sum((cost.amount for cost in before), Decimal(0))
    assert [(each.key, each.runs, each.after) for each in preview.by_model] == [(MODEL, 2, one * 2), ("groq/b", 1, one)]
    assert [(each.key, each.runs, each.after) for each in preview.by_user] == [("bob", 2, one * 2), ("ann", 1, one)]
    assert [history.find(run.run_id).cost for run in runs] == before
    assert store.past(10) == []


def test_what_is_done_is_told_kept_and_noted(database, ledger, store, history):
    run = admission()
    before = record(ledger, run).cost
    done = apply(store, plan())
    after = history.find(run.run_id)
    assert after.cost == cost_of(after.usage, DEAR, reported=True) and after.prices == DEAR
    assert store.past(10) == [done] and store.find(done.id) == done
    [(old, new, cause)] = rows(database, "SELECT old, new, cause FROM cost_changes")
    assert (old["cost"], old["cost_source"], cause) == (f"{before.amount:f}", "computed", "repricing")
    assert Decimal(new["cost"]) == after.cost.amount and Prices.model_validate(new["prices"]) == DEAR
    assert rows(database, "SELECT actor, act, subject FROM audit_log") == [("admin", "reprice runs", str(done.id))]


def test_what_a_provider_billed_is_left_alone_and_counted(database, ledger, store):
    billed = Usage(input_tokens=44, output_tokens=120, billed_usd=Decimal("0.5"))
    run = admission()
    record(ledger, run, usage=billed, cost=cost_of(billed, run.prices, reported=True))
    preview = store.preview(plan())
    assert (preview.total.runs, preview.looked_at, preview.left_alone) == (0, 1, 1)


def test_an_estimate_at_the_fallback_becomes_computed(ledger, store, history):
    run, listed = admission(prices=FALLBACK), flat("1", "2", PriceSource.PRICE_LIST)
    assert record(ledger, run).cost.source is CostSource.ESTIMATED
    apply(store, plan(listed, own=False))
    cost = history.find(run.run_id).cost
    assert (cost.source, cost.amount) == (CostSource.COMPUTED, Decimal("0.000284"))


def test_what_a_list_said_at_its_time_stays_but_for_own_prices(ledger, store):
    record(ledger, admission())
    assert store.preview(plan(own=False)).total.runs == 0
    assert store.preview(plan(own=True)).total.runs == 1


@pytest.mark.parametrize(
    ("selection", "runs"),
    [
        (EVER, 3),
        (Selection(DAY, model_id=MODEL), 2),
        (Selection(DAY, provider="groq"), 1),
        (Selection(Period(NOW, NOW + timedelta(hours=1))), 2),
        (Selection(Period(NOW + timedelta(hours=1), DAY.end)), 0),
    ],
)
def test_only_chosen_runs_are_priced(ledger, store, selection, runs):
    for run in (admission(), admission(model_id="groq/b"), admission(started_at=NOW - timedelta(hours=2))):
        record(ledger, run)
    tariffs = tuple(Tariff(name, DAY, DEAR, True) for name in store.models(selection))
    assert store.preview(Plan(selection, tariffs)).total.runs == runs


def test_each_run_has_the_prices_of_its_own_moment(ledger, store, history):
    early, late = admission(started_at=NOW - timedelta(microseconds=1)), admission(started_at=NOW)
    for run in (early, late):
        record(ledger, run)
    cheap = flat("1", "1", PriceSource.ADMINISTRATOR)
    halves = (Period(DAY.start, NOW), Period(NOW, DAY.end))
    tariffs = tuple(Tariff(MODEL, half, told, True) for half, told in zip(halves, (cheap, DEAR), strict=True))
    apply(store, Plan(EVER, tariffs))
    assert [history.find(run.run_id).prices for run in (early, late)] == [cheap, DEAR]


def test_if_the_ledger_changed_since_the_preview_nothing_is_done(database, ledger, store, history):
    run = admission()
    before = record(ledger, run).cost
    foreseen = store.preview(plan())
    record(ledger, admission())
    total = foreseen.total
    done = Repricing(uuid4(), "admin", NOW, "why", EVER, total.runs, total.before, total.after)
    with pytest.raises(InvalidRequest, match="have changed meanwhile"):
        store.apply(plan(), done, foreseen.digest, Note("admin", "reprice runs", "x"))
    assert history.find(run.run_id).cost == before
    assert store.past(10) == [] and rows(database, "SELECT * FROM audit_log") == []


def test_other_prices_of_the_same_sum_are_not_what_was_foreseen(ledger, store):
    record(ledger, admission(), usage=Usage(input_tokens=10, output_tokens=10))
    record(ledger, admission(), usage=Usage(input_tokens=20, output_tokens=0))
    one, other = (flat(*told, PriceSource.ADMINISTRATOR) for told in (("1", "3"), ("2", "0")))
    foreseen = store.preview(plan(one))
    again = store.preview(plan(other))
    assert foreseen.total == again.total
    done = Repricing(uuid4(), "admin", NOW, "why", EVER, 2, foreseen.total.before, foreseen.total.after)
    with pytest.raises(InvalidRequest, match="have changed meanwhile"):
        store.apply(plan(other), done, foreseen.digest, Note("admin", "reprice runs", "x"))


def test_taking_it_back_gives_every_run_what_it_cost_before(database, ledger, store, history):
    runs = [admission(), admission(prices=FALLBACK)]
    before = [record(ledger, run).cost for run in runs]
    first = apply(store, plan())
    back = apply(store, Plan(first.selection, undoes=first.id), at=NOW + timedelta(minutes=1))
    found = [history.find(run.run_id) for run in runs]
    assert [run.cost for run in found] == before
    assert [run.prices for run in found] == [run.prices for run in runs]
    assert (back.before, back.after) == (first.after, first.before)
    assert store.past(10) == [back, replace(first, undone=True)]
    assert store.preview(Plan(first.selection, undoes=first.id)).total.runs == 0


def test_what_was_changed_again_since_is_not_taken_back(database, ledger, store):
    runs = [admission(), admission()]
    for run in runs:
        record(ledger, run)
    first = apply(store, plan())
    billed = text("UPDATE llm_usage_logs SET cost = 5, cost_source = 'provider' WHERE id = :id")
    database.call(lambda connection: connection.execute(billed, {"id": runs[0].run_id}))
    preview = store.preview(Plan(first.selection, undoes=first.id))
    assert (preview.total.runs, preview.looked_at, preview.left_alone) == (1, 2, 1)


def test_rollups_and_budgets_follow(database, ledger, store):
    budgets, rollups = BudgetStore(database, ZoneInfo("UTC")), Rollups(database, ZoneInfo("UTC"))
    budget = Budget(uuid4(), "All", BudgetScope.LAB, "", BudgetPeriod.MONTH, Decimal(100), False, "admin", NOW)
    budgets.add(budget, Note("admin", "set budget", "All"))
    for _ in range(3):
        record(ledger, admission())
    done = apply(store, plan())
    rollups.fold()
    assert rollups.differences() == 0
    assert SpendStore(rollups).summary("ann").cost == done.after
    assert rows(database, "SELECT sum(spent) FROM budget_periods") == [(done.after,)]


def test_what_is_not_there_cannot_be_found(store):
    with pytest.raises(NotFound):
        store.find(uuid4())
