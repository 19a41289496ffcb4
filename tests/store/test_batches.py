"""Runs that are admitted or settled together fare exactly as if each had come alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from core.domain.runs import RunStatus
from core.errors import LimitReached
from core.store import admissions, settlements
from core.store.admissions import Claim
from core.store.database import Database, StoreRefused
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.tables import llm_usage_logs as logs
from core.store.tables import month_counts
from tests.fixtures.runs import MONTH, NEXT_MONTH, NOW, add_user, admission, admit, outcome, running

DECEMBER = date(2026, 12, 1)
TOGETHER = 200
RIVALS = 33

WISHES = st.tuples(
    st.integers(0, 1), st.sampled_from([MONTH, DECEMBER]), st.sampled_from([None, 0, 2, 4]), st.integers(0, 3)
)
BATCHES = st.lists(st.lists(WISHES, min_size=1, max_size=5), max_size=4)
ENDINGS = st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=5), max_size=4)
a_few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def people(database, count=2):
    return [add_user(database, uuid4().hex) for _ in range(count)]


def claims(users, wishes):
    return [
        Claim(admission(users[user]), month, monthly, at_once, NEXT_MONTH) for user, month, monthly, at_once in wishes
    ]


def told(answer):
    """An answer without the people and runs that it is about."""
    match answer:
        case LimitReached():
            return answer.message, answer.limit, answer.used, answer.resets_at
        case _:
            return answer


def state(database, users):
    """Per person: runs started, places taken, runs counted a month (a count of nothing is no count)."""

    def of(user):
        counted = select(month_counts.c.month, month_counts.c.runs).where(month_counts.c.user_id == user)
        started = select(func.count()).select_from(logs).where(logs.c.user_id == user)
        rows = database.call(lambda connection: connection.execute(counted).all())
        total = database.call(lambda connection: connection.scalar(started))
        return total, running(database, user), {month: runs for month, runs in rows if runs}

    return [of(user) for user in users]


def in_batches(database, work, batches):
    answers = [database.call(lambda connection, batch=batch: work(connection, batch)) for batch in batches]
    return [answer for some in answers for answer in some]


def admitting(connection, batch):
    return admissions.admit(connection, batch, instance_id=1)


@given(batches=BATCHES)
@a_few
def test_admissions_in_batches_are_as_one_by_one(database: Database, batches):
    together, alone = people(database), people(database)
    answers = in_batches(database, admitting, [claims(together, batch) for batch in batches])
    singly = in_batches(database, admitting, [[claim] for batch in batches for claim in claims(alone, batch)])
    assert [told(answer) for answer in answers] == [told(answer) for answer in singly]
    assert state(database, together) == state(database, alone)


@given(batches=ENDINGS)
@a_few
def test_settlements_in_batches_are_as_one_by_one(database: Database, batches):
    users = people(database)
    runs = [[admission(user) for _ in range(4)] for user in users]
    in_batches(database, admitting, [[Claim(run, MONTH, None, 0, NEXT_MONTH) for run in mine] for mine in runs])
    strangers = [admission(), admission()]

    def endings(of):
        known = [*runs[of], strangers[of]]  # the last was never admitted
        return [[outcome(known[index], latency_ms=latency) for index, latency in batch] for batch in batches]

    answers = in_batches(database, settlements.settle, endings(0))
    assert answers == in_batches(database, settlements.settle, [[one] for batch in endings(1) for one in batch])
    history = HistoryStore(database)
    together, alone = ([history.find(run.run_id) for run in mine] for mine in runs)
    assert [(run.status, run.latency_ms, run.response) for run in together] == [
        (run.status, run.latency_ms, run.response) for run in alone
    ]
    assert [running(database, user) for user in users] == [sum(run.status is RunStatus.STARTED for run in alone)] * 2


def test_the_same_outcome_twice_in_a_batch_counts_once(database, ledger):
    run = admission()
    admit(ledger, run)
    ended = outcome(run)
    assert in_batches(database, settlements.settle, [[ended, ended]]) == [True, False]
    assert running(database) == 0


def test_a_limit_that_two_processes_share_holds_exactly(database, database_url, ledger):
    other = Database(database_url)
    ledgers = [ledger, Ledger(other, instance_id=2)]

    def admitted(number):
        try:
            return bool(admit(ledgers[number % 2], admission(), monthly_limit=20, concurrent_limit=15))
        except LimitReached:
            return False

    with ThreadPoolExecutor(2 * RIVALS) as clients:
        assert sum(clients.map(admitted, range(2 * RIVALS))) == 15
    assert ledger.runs_this_month("ann", MONTH) == running(database) == 15
    other.close()


def test_a_removed_person_fails_nobody_elses_admission(database, ledger):
    present = [admission() for _ in range(5)]
    runs = [*present[:2], admission("gone"), *present[2:]]

    def admitted(run):
        try:
            return bool(admit(ledger, run))
        except StoreRefused:
            return False

    with ThreadPoolExecutor(len(runs)) as clients:
        assert list(clients.map(admitted, runs)) == [True, True, False, True, True, True]
    assert running(database) == 5


@pytest.mark.parametrize("users", [1, TOGETHER])
def test_many_at_once_cost_few_statements(database, users):
    names = people(database, users)
    runs = [admission(names[number % users], started_at=NOW) for number in range(TOGETHER)]
    statements = []
    event.listen(database._engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    half = TOGETHER // 2
    for some in (runs[:half], runs[half:]):
        in_batches(database, admitting, [[Claim(run, MONTH, 1000, 1000, NEXT_MONTH) for run in some]])
        in_batches(database, settlements.settle, [[outcome(run) for run in some]])
    assert len(statements) == 2 * (5 + 4)
    assert state(database, names[:1]) == [(TOGETHER // users, 0, {MONTH: TOGETHER // users})]
