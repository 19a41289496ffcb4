"""Every run is admitted within its limits, recorded once, and settled exactly once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.domain.faults import FaultCode
from core.domain.pricing import Cost, CostSource
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.errors import LimitReached
from core.store.database import Database
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.tables import llm_usage_logs, month_counts
from tests.fixtures.runs import MONTH, NEXT_MONTH, NOW, add_user, admission, admit, outcome, record, running

CLIENTS = 33
LATER = NOW + timedelta(hours=1)


def count(database, *conditions):
    counted = select(func.count()).select_from(llm_usage_logs).where(*conditions)
    return database.call(lambda connection: connection.scalar(counted))


def row_of(database, run):
    found = select(llm_usage_logs).where(llm_usage_logs.c.id == run.run_id)
    return database.call(lambda connection: connection.execute(found).one())


def together(work):
    """Run `work` in as many threads as there are clients; returns how many did not reach a limit."""

    def admitted(number):
        try:
            work(number)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(CLIENTS) as clients:
        return sum(clients.map(admitted, range(CLIENTS)))


def test_a_run_is_recorded_before_anything_is_sent(database, ledger):
    run = admission(prompt="x" * 600)
    assert admit(ledger, run) == 1
    row = row_of(database, run)
    assert (row.status, row.success, row.settled_at, row.cost) == ("started", False, None, None)
    assert (row.provider, row.instance_id, row.deadline_at) == ("openai", 1, run.deadline_at)
    assert row.metadata == {
        "prompt": "x" * 500,
        "response": None,
        "parameters": {"temperature": 0.7, "max_tokens": 1000, "top_p": 1.0},
        "source": "testing_lab",
    }


def test_tags_are_kept_with_the_run_and_not_with_what_was_sent(database, ledger):
    tagged, plain = admission(tags={"team": "süpport", "project": "apollo: 2"}), admission()
    admit(ledger, tagged)
    record(ledger, plain)
    assert row_of(database, tagged).tags == {"team": "süpport", "project": "apollo: 2"}
    ledger.settle(outcome(tagged)).result()
    history = HistoryStore(database)
    assert history.find(tagged.run_id).tags == tagged.tags
    assert history.find(plain.run_id).tags == {}
    for told in (history.page(HistoryFilter(), size=9).rows, history.entries(HistoryFilter(), size=9).entries):
        assert {run.id: run.tags for run in told} == {tagged.run_id: tagged.tags, plain.run_id: {}}
    assert "pport" not in row_of(database, tagged).metadata["prompt"]


def test_a_settled_run_is_whole(database, ledger):
    run = admission()
    raw = {"prompt_tokens": 44, "nested": {"odd": float("nan"), "nul": "a\x00b"}}
    ended = record(ledger, run, raw_usage=raw, text="é" * 600, reasoning="hm", notices=("Left out.",))
    found = HistoryStore(database).find(run.run_id)
    assert found.status is RunStatus.COMPLETED
    assert (found.usage, found.cost, found.prices) == (ended.usage, ended.cost, run.prices)
    assert (found.latency_ms, found.ttft_ms, found.finish_reason) == (1200, 170, "stop")
    assert (found.messages, found.response, found.reasoning) == (run.request.messages, "é" * 600, "hm")
    assert found.raw_usage == {"prompt_tokens": 44, "nested": {"odd": None, "nul": "ab"}}
    assert found.notices == ("Left out.",)
    row = row_of(database, run)
    assert (row.total_tokens, row.success, row.metadata["response"]) == (164, True, "é" * 500)


@given(amount=st.decimals(min_value=0, max_value=10**6, places=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_money_comes_back_as_it_went_in(database, ledger, amount):
    run = admission()
    record(ledger, run, cost=Cost(amount=amount, source=CostSource.PROVIDER))
    found = HistoryStore(database).find(run.run_id)
    assert found.cost.amount == amount
    assert found.usage.billed_usd == amount
    assert isinstance(found.cost.amount, Decimal)


def test_whatever_a_provider_sends_can_be_settled(database, ledger):
    run = admission()
    deep = []
    for _ in range(200):
        deep = [deep]
    hostile = {
        "usage": Usage(input_tokens=10**12, output_tokens=10**12),
        "raw_usage": {"deep": deep, "infinite": float("inf")},
        "text": "NUL \x00 and a lone \ud800 surrogate",
        "finish_reason": "because " * 50,
        "generation_id": "g" * 1000,
        "error_message": "\x00",
    }
    record(ledger, run, **hostile)
    assert HistoryStore(database).find(run.run_id).response == "NUL  and a lone \ufffd surrogate"


def test_the_monthly_limit_holds_exactly_for_many_at_the_last_place(database, ledger):
    for _ in range(9):
        admit(ledger, admission(), monthly_limit=10)
    assert together(lambda _: admit(ledger, admission(), monthly_limit=10)) == 1
    assert ledger.runs_this_month("ann", MONTH) == 10 == count(database) == running(database)


def test_the_limit_of_runs_at_once_holds_exactly_for_many_at_the_last_place(database, ledger):
    for _ in range(7):
        admit(ledger, admission(), concurrent_limit=8)
    assert together(lambda _: admit(ledger, admission(), concurrent_limit=8)) == 1
    assert ledger.runs_this_month("ann", MONTH) == 8 == count(database) == running(database)


def test_many_first_runs_at_once_hold_the_limit_too(ledger):
    assert together(lambda _: admit(ledger, admission(), monthly_limit=5)) == 5


def test_a_refused_run_leaves_nothing(database, ledger):
    admit(ledger, admission(), concurrent_limit=1)
    with pytest.raises(LimitReached) as refused:
        admit(ledger, admission(), monthly_limit=100, concurrent_limit=1)
    assert refused.value.resets_at is None
    assert refused.value.message.startswith("You have as many runs going as may go at once (1).")
    assert (ledger.runs_this_month("ann", MONTH), count(database), running(database)) == (1, 1, 1)


def test_a_used_up_month_says_when_it_starts_anew(ledger):
    admit(ledger, admission(), monthly_limit=1)
    with pytest.raises(LimitReached) as refused:
        admit(ledger, admission(), monthly_limit=1)
    assert (refused.value.limit, refused.value.used, refused.value.resets_at) == (1, 1, NEXT_MONTH)
    assert refused.value.message.endswith("They start anew on 1 December 2026, 00:00 UTC.")


def test_a_monthly_limit_of_nothing_admits_nothing(database, ledger):
    with pytest.raises(LimitReached):
        admit(ledger, admission(), monthly_limit=0)
    assert count(database) == 0


def test_no_limit_is_no_limit(ledger):
    assert [admit(ledger, admission(), monthly_limit=None, concurrent_limit=0) for _ in range(12)][-1] == 12


def test_months_and_people_are_counted_apart(database, ledger):
    add_user(database, "bob")
    admit(ledger, admission())
    admit(ledger, admission("bob"))
    december = date(2026, 12, 1)
    ledger.admit(admission(), month=december, monthly_limit=1, concurrent_limit=0, resets_at=NEXT_MONTH).result()
    assert [ledger.runs_this_month("ann", month) for month in (MONTH, december)] == [1, 1]
    assert ledger.runs_this_month("bob", MONTH) == 1
    assert ledger.runs_this_month("nobody", MONTH) == 0


def test_of_many_settlements_one_counts(database, ledger):
    run = admission()
    admit(ledger, run)
    latencies = range(1, CLIENTS + 1)
    with ThreadPoolExecutor(CLIENTS) as clients:
        settled = list(clients.map(lambda latency: ledger.settle(outcome(run, latency_ms=latency)).result(), latencies))
    assert sum(settled) == 1
    assert row_of(database, run).latency_ms == latencies[settled.index(True)]
    assert running(database) == 0


def test_a_run_that_was_never_admitted_is_not_settled(ledger):
    assert not ledger.settle(outcome(admission())).result()


def test_an_orphan_is_settled_at_its_estimate_and_its_place_is_released(database, ledger):
    run = admission()
    admit(ledger, run)
    assert Ledger(database, instance_id=2).sweep(NOW) == 1
    found = HistoryStore(database).find(run.run_id)
    assert (found.status, found.error_code) == (RunStatus.UNKNOWN, FaultCode.KILLED)
    assert (found.cost.amount, found.cost.source) == (Decimal("0.000006"), CostSource.ESTIMATED)
    assert (found.input_tokens, running(database)) == (40, 0)


def test_a_swept_run_takes_its_real_outcome_once(database, ledger):
    run = admission()
    admit(ledger, run)
    Ledger(database, instance_id=2).sweep(NOW)
    assert ledger.settle(outcome(run)).result()
    assert not ledger.settle(outcome(run, latency_ms=1)).result()
    assert (row_of(database, run).status, row_of(database, run).error_code) == ("completed", None)
    assert running(database) == 0


def test_an_unknown_outcome_is_final_too(ledger):
    run = admission()
    record(ledger, run, status=RunStatus.UNKNOWN, error_code=FaultCode.KILLED)
    assert not ledger.settle(outcome(run)).result()


def test_own_runs_are_swept_only_long_after_their_deadline(ledger):
    run = admission()
    admit(ledger, run)
    assert ledger.sweep(run.deadline_at + timedelta(seconds=60)) == 0
    assert ledger.sweep(run.deadline_at + timedelta(seconds=61)) == 1
    assert ledger.sweep(LATER) == 0


def test_sweepers_at_once_release_each_place_once(database, ledger):
    add_user(database, "bob")
    for _ in range(20):
        admit(ledger, admission("ann"))
        admit(ledger, admission("bob"))
    with ThreadPoolExecutor(4) as sweepers:
        swept = sum(sweepers.map(lambda number: Ledger(database, number).sweep(LATER), range(2, 6)))
    assert (swept, running(database, "ann"), running(database, "bob")) == (40, 0, 0)


STEPS = st.lists(st.tuples(st.sampled_from(["admit", "settle", "sweep"]), st.integers(0, 3)), max_size=14)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_places_taken_are_the_runs_started_whatever_happens(database: Database, ledger: Ledger, steps):
    user = add_user(database, uuid4().hex)
    runs = [admission(user) for _ in range(4)]
    open_, settled = set(), set()
    for step, number in steps:
        run = runs[number]
        if step == "admit" and number not in open_:
            admit(ledger, run)
            open_.add(number)
        elif step == "settle":
            assert ledger.settle(outcome(run)).result() == (number in open_ - settled)
            settled |= {number} & open_
        elif step == "sweep":
            ledger.sweep(LATER)
        mine = (llm_usage_logs.c.user_id == user) & (llm_usage_logs.c.status == "started")
        assert running(database, user) == count(database, mine)
    assert ledger.runs_this_month(user, MONTH) == len(open_)


def test_clearing_texts_leaves_every_figure(database, ledger):
    old, young, going = admission(), admission(started_at=LATER), admission()
    for run in (old, young):
        record(ledger, run)
    admit(ledger, going)
    assert ledger.clear_texts(before=LATER) == 1
    assert ledger.clear_texts(before=LATER) == 0
    history = HistoryStore(database)
    cleared = history.find(old.run_id)
    assert (cleared.prompt, cleared.messages, cleared.response, cleared.reasoning) == (None, None, None, None)
    assert cleared.cost == outcome(old).cost
    assert cleared.parameters == old.request.parameters
    assert history.find(young.run_id).response and history.find(going.run_id).messages


def test_an_outcome_that_comes_after_clearing_brings_no_text_back(database, ledger):
    run = admission()
    admit(ledger, run)
    ledger.sweep(LATER)
    ledger.clear_texts(before=LATER)
    assert ledger.settle(outcome(run)).result()
    found = HistoryStore(database).find(run.run_id)
    assert (found.status, found.response, found.prompt) == (RunStatus.COMPLETED, None, None)


def test_a_removed_person_leaves_the_ledger_as_it_was(database, ledger):
    run = admission()
    record(ledger, run)
    database.call(lambda connection: connection.exec_driver_sql("DELETE FROM users"))
    assert count(database) == 1
    assert database.call(lambda connection: connection.scalar(select(func.count()).select_from(month_counts))) == 0
