"""What runs were billed is asked for where it is a guess, and corrects the ledger exactly once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope
from core.domain.corrections import GENERATION, PAUSES, Outstanding
from core.domain.pricing import CostSource, cost_of
from core.domain.runs import Payer, RunStatus
from core.domain.usage import Usage
from core.errors import StoreUnavailable
from core.store.budgets import BudgetStore
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.lookups import LEASE, LookupStore
from core.store.rollups import Rollups
from core.store.spool import Spool
from core.store.tables import cost_changes, cost_lookups, llm_usage_logs
from tests.fixtures.runs import NOW, PRICES, add_user, admission, admit, outcome, record

ROUTED = "openrouter/meta-llama/llama-3.3-70b-instruct"
ZONE = ZoneInfo("UTC")
GUESSED = Usage(input_tokens=40, output_tokens=5)
TOLD = Usage(input_tokens=44, output_tokens=9, reasoning_tokens=2, billed_usd=Decimal("0.001234567890123"))
LATER = NOW + timedelta(days=1)


@pytest.fixture
def ledger(database):
    add_user(database)
    return Ledger(database, instance_id=1, billed_later=("openrouter",))


@pytest.fixture
def store(database):
    return LookupStore(database)


def broken_off(generation_id="gen-1", **changes):
    """What is different of a run that was broken off after its provider had named it."""
    guess = cost_of(GUESSED, PRICES, reported=False)
    same = {"status": RunStatus.CANCELLED, "usage": GUESSED, "usage_reported": False, "cost": guess}
    return {**same, "generation_id": generation_id, **changes}


def stopped(ledger, model_id=ROUTED, **changes):
    run = admission(model_id=model_id, **({"paid_by": changes.pop("paid_by")} if "paid_by" in changes else {}))
    record(ledger, run, **broken_off(**changes))
    return run


def rows(database, table):
    return database.call(lambda connection: connection.execute(select(table)).all())


def row_of(database, run):
    found = select(llm_usage_logs).where(llm_usage_logs.c.id == run.run_id)
    return database.call(lambda connection: connection.execute(found).one())


def test_a_guess_is_asked_about_from_the_moment_that_it_is_recorded(database, ledger, store):
    run = stopped(ledger, paid_by=Payer.OWN)
    ended = run.started_at + timedelta(milliseconds=1200)
    assert store.take(ended + PAUSES[0] - timedelta(milliseconds=1), 10) == []
    (lookup,) = store.take(ended + PAUSES[0], 10)
    assert (lookup.run_id, lookup.created_at, lookup.provider) == (run.run_id, run.started_at, "openrouter")
    assert (lookup.generation_id, lookup.user_id, lookup.paid_by, lookup.attempts) == ("gen-1", "ann", "own", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"generation_id": None},
        {"model_id": "openai/gpt-4o-mini"},
        {"cost": cost_of(TOLD, PRICES, reported=True)},
        {"cost": cost_of(Usage(), PRICES, reported=False)},
    ],
    ids=["unnamed", "another provider", "told already", "nothing used"],
)
def test_what_nobody_can_tell_or_is_known_is_not_asked_for(database, ledger, changes):
    stopped(ledger, **changes)
    assert rows(database, cost_lookups) == []


def test_a_ledger_that_knows_of_no_such_provider_asks_for_nothing(database, ledger):
    stopped(Ledger(database, instance_id=2))
    assert rows(database, cost_lookups) == []


def test_of_a_batch_only_the_guesses_are_asked_about(database, ledger):
    runs = [admission(model_id=ROUTED) for _ in range(3)]
    for run in runs:
        admit(ledger, run)
    ends = [outcome(runs[0], **broken_off("a")), outcome(runs[1]), outcome(runs[2], **broken_off("c"))]
    assert all(future.result() for future in [ledger.settle(end) for end in ends])
    assert {row.generation_id for row in rows(database, cost_lookups)} == {"a", "c"}


def test_what_comes_from_the_spool_is_asked_about_once(database, ledger, tmp_path):
    run = admission(model_id=ROUTED)
    admit(ledger, run)
    spool = Spool(tmp_path)
    for _ in range(2):
        spool.keep(outcome(run, **broken_off()))
        spool.replay(lambda kept: ledger.settle(kept).result())
    assert [row.generation_id for row in rows(database, cost_lookups)] == ["gen-1"]


def test_a_swept_run_is_asked_about_where_its_name_is_known(database, ledger, store):
    known, unknown = (admission(model_id=ROUTED) for _ in range(2))
    for run in (known, unknown):
        admit(ledger, run)
    name = update(llm_usage_logs).where(llm_usage_logs.c.id == known.run_id).values(generation_id="gen-1")
    database.call(lambda connection: connection.execute(name))
    assert ledger.sweep(LATER) == 2
    (lookup,) = store.take(LATER + PAUSES[0], 10)
    assert lookup.run_id == known.run_id
    assert store.settle(lookup, TOLD, {}, LATER)
    assert (row_of(database, known).cost, row_of(database, known).status) == (TOLD.billed_usd, "unknown")


def test_what_somebody_has_taken_nobody_else_takes_until_nothing_was_heard_of_it_for_long(database, ledger, store):
    for number in range(40):
        stopped(ledger, generation_id=f"gen-{number}")
    with ThreadPoolExecutor(8) as processes:
        taken = [one for found in processes.map(lambda _: store.take(LATER, 6), range(8)) for one in found]
    assert len({lookup.run_id for lookup in taken}) == len(taken) == 40
    assert store.take(LATER + LEASE - timedelta(seconds=1), 100) == []
    assert len(store.take(LATER + LEASE, 100)) == 40


def test_it_is_asked_again_after_longer_and_longer_pauses_and_then_given_up(database, ledger, store):
    run = stopped(ledger)
    now = run.started_at + timedelta(milliseconds=1200)
    for attempt, pause in enumerate(PAUSES):
        assert store.outstanding() == Outstanding(1, 0)
        assert store.take(now + pause - timedelta(seconds=1), 10) == []
        now += pause
        (lookup,) = store.take(now, 10)
        assert lookup.attempts == attempt
        store.put_off(lookup, "x" * 400, now)
        store.put_off(lookup, "said twice", now)
    assert store.outstanding() == Outstanding(0, 1)
    assert store.take(now + timedelta(days=999), 10) == []
    (row,) = rows(database, cost_lookups)
    assert (row.attempts, row.next_at, row.failure) == (6, None, "x" * 300)


def test_what_was_given_up_can_be_begun_anew(database, ledger, store):
    stopped(ledger)
    for _ in PAUSES:
        (lookup,) = store.take(LATER + timedelta(days=9), 10)
        store.put_off(lookup, "no", NOW)
    assert store.ask_again(Note("root", "ask costs", "given up"), NOW) == 1
    (lookup,) = store.take(NOW, 10)
    assert (lookup.attempts, store.outstanding()) == (0, Outstanding(1, 0))


def test_what_was_billed_replaces_the_guess_and_both_are_kept(database, ledger, store):
    run = stopped(ledger)
    before = row_of(database, run)
    (lookup,) = store.take(LATER, 10)
    assert store.settle(lookup, TOLD, {"id": "gen-1", "total_cost": 0.001}, LATER)
    now = row_of(database, run)
    assert (now.cost, now.cost_source, now.usage_reported) == (TOLD.billed_usd, "provider", True)
    assert (now.input_tokens, now.output_tokens, now.total_tokens, now.reasoning_tokens) == (44, 9, 53, 2)
    assert now.raw_usage == {"id": "gen-1", "total_cost": 0.001}
    assert (now.status, now.settled_at, now.prices) == (before.status, before.settled_at, before.prices)
    (change,) = rows(database, cost_changes)
    assert (change.run_id, change.created_at, change.changed_at) == (run.run_id, run.started_at, LATER)
    assert (change.cause, change.repricing_id) == (GENERATION, None)
    assert Decimal(change.old["cost"]) == before.cost and Decimal(change.new["cost"]) == TOLD.billed_usd
    assert (change.old["cost_source"], change.new["cost_source"]) == ("estimated", "provider")
    assert (change.old["output_tokens"], change.new["output_tokens"]) == (5, 9)


def test_an_opened_run_tells_its_corrections_and_what_is_still_asked_for(database, ledger, store):
    run, history = stopped(ledger), HistoryStore(database)
    assert history.find(run.run_id).lookup.generation_id == "gen-1"
    (lookup,) = store.take(LATER, 10)
    store.settle(lookup, TOLD, {}, LATER)
    opened = history.find(run.run_id)
    (change,) = opened.corrections
    guess = cost_of(GUESSED, PRICES, reported=False)
    assert (change.before.amount, change.before.source) == (guess.amount, CostSource.ESTIMATED)
    assert (change.after.amount, change.after.source) == (TOLD.billed_usd, CostSource.PROVIDER)
    assert (opened.lookup, change.changed_at, opened.cost.amount) == (None, LATER, TOLD.billed_usd)


def test_rollups_and_budgets_follow_to_the_last_digit(database, ledger, store):
    rollups = Rollups(database, ZONE)
    rollups.prepare()
    limit = Budget(
        uuid4(), "All", BudgetScope.LAB, "", BudgetPeriod.MONTH, Decimal(1), hard=True, made_by="root", made_at=NOW
    )
    BudgetStore(database, ZONE).add(limit, Note("root", "set budget", "All"))
    stopped(ledger)
    rollups.fold()
    (lookup,) = store.take(LATER, 10)
    store.settle(lookup, TOLD, {}, LATER)
    rollups.fold()
    spent = "SELECT spent FROM budget_periods"
    rolled = (
        "SELECT cost, billed_cost, estimated_cost FROM rollups WHERE grain = 'm' AND scope = '' AND model_name = ''"
    )
    assert database.call(lambda connection: connection.scalar(text(spent))) == TOLD.billed_usd
    assert database.call(lambda connection: connection.execute(text(rolled)).one()) == (
        TOLD.billed_usd,
        TOLD.billed_usd,
        0,
    )
    assert rollups.differences() == 0


def test_however_many_are_told_at_once_the_ledger_is_corrected_once(database, ledger, store):
    run = stopped(ledger)
    (lookup,) = store.take(LATER, 10)
    with ThreadPoolExecutor(8) as processes:
        did = list(processes.map(lambda _: store.settle(lookup, TOLD, {}, LATER), range(8)))
    assert (did.count(True), len(rows(database, cost_changes)), rows(database, cost_lookups)) == (1, 1, [])
    assert row_of(database, run).cost == TOLD.billed_usd


def test_what_has_been_told_meanwhile_is_left_as_it_is(database, ledger, store):
    run = stopped(ledger)
    (lookup,) = store.take(LATER, 10)
    known = {"cost": Decimal(7), "cost_source": "provider"}
    database.call(lambda connection: connection.execute(update(llm_usage_logs).values(known)))
    assert not store.settle(lookup, TOLD, {}, LATER)
    assert (row_of(database, run).cost, rows(database, cost_changes), rows(database, cost_lookups)) == (7, [], [])


def test_a_correction_that_cannot_be_kept_changes_nothing_and_is_asked_for_again(database, ledger, store):
    run = stopped(ledger)
    (lookup,) = store.take(LATER, 10)
    refuse = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
        CREATE TRIGGER refuse BEFORE INSERT ON cost_changes EXECUTE FUNCTION refuse();"""
    database.call(lambda connection: connection.execute(text(refuse)))
    with pytest.raises(StoreUnavailable):
        store.settle(lookup, TOLD, {}, LATER)
    assert row_of(database, run).cost_source == "estimated"
    (again,) = store.take(LATER + LEASE, 10)
    assert (again.run_id, again.attempts) == (run.run_id, 0)
