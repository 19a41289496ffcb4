"""Calls that come at once share a transaction, and none of them notices."""

from threading import Event
from time import monotonic

import pytest
from sqlalchemy import text

from core.errors import NotFound, StoreUnavailable
from core.store.database import StoreRefused
from core.store.group import Group

LIMIT_S = 0.3
BAD = -1
CALLS = 20


class FakeDatabase:
    """Runs work at once, without a database; `error` is what it raises instead."""

    limit_s = LIMIT_S
    error: BaseException | None = None

    def call(self, work):
        if self.error:
            raise self.error
        return work(None)


class Gated:
    """Doubles numbers, and remembers the batches. A batch with the number 0 waits until `gate` is opened."""

    def __init__(self):
        self.batches = []
        self.gate = Event()
        self.begun = Event()

    def __call__(self, connection, numbers):
        self.batches.append(list(numbers))
        if 0 in numbers:
            self.begun.set()
            self.gate.wait(10)
        if BAD in numbers:
            raise ValueError(BAD)
        return [number * 2 for number in numbers]


@pytest.fixture
def work():
    gated = Gated()
    yield gated
    gated.gate.set()


@pytest.fixture
def away():
    return FakeDatabase()


@pytest.fixture
def group(away, work):
    return Group(away, work)


def behind_the_first(group, work, numbers):
    """Let 0 begin a batch, and `numbers` come while it is under way; returns all their calls, in order."""
    first = group.submit(0)
    assert work.begun.wait(5)
    return [first, *map(group.submit, numbers)]


def failure(call):
    return call.exception(5)


def test_a_lone_call_is_a_batch_of_its_own(group, work):
    assert [group.call(1), group.call(2)] == [2, 4]
    assert work.batches == [[1], [2]]


def test_calls_that_come_while_a_batch_is_under_way_form_the_next_in_their_order(group, work):
    calls = behind_the_first(group, work, range(1, CALLS))
    work.gate.set()
    assert [call.result(5) for call in calls] == [number * 2 for number in range(CALLS)]
    assert work.batches == [[0], list(range(1, CALLS))]


def test_a_batch_is_never_larger_than_it_may_be(group, work, monkeypatch):
    monkeypatch.setattr("core.store.group.LARGEST_BATCH", 16)
    calls = behind_the_first(group, work, range(1, 26))
    work.gate.set()
    assert [call.result(5) for call in calls] == [number * 2 for number in range(26)]
    assert [len(batch) for batch in work.batches] == [1, 16, 9]


def test_an_error_of_ones_own_is_raised_to_oneself_only(away, work):
    def refusing(connection, numbers):
        doubles = work(connection, numbers)
        return [NotFound("Odd.") if number % 2 else double for number, double in zip(numbers, doubles, strict=True)]

    calls = behind_the_first(Group(away, refusing), work, [1, 2, 3])
    work.gate.set()
    assert [type(failure(call)) for call in calls] == [type(None), NotFound, type(None), NotFound]


def test_one_bad_item_fails_no_other(group, work):
    calls = behind_the_first(group, work, [1, BAD, 2])
    work.gate.set()
    assert [calls[index].result(5) for index in (0, 1, 3)] == [0, 2, 4]
    assert isinstance(failure(calls[2]), ValueError)
    assert work.batches == [[0], [1, BAD, 2], [1], [BAD], [2]]


def test_a_database_that_is_away_is_not_asked_for_each_who_waits(group, work, away):
    calls = behind_the_first(group, work, range(1, CALLS))
    away.error = StoreUnavailable("away")
    work.gate.set()
    assert calls[0].result(5) == 0
    assert {type(failure(call)) for call in calls[1:]} == {StoreUnavailable}
    away.error = None
    assert group.call(3) == 6
    assert work.batches == [[0], [3]]


def test_a_refused_batch_is_tried_one_by_one_until_the_database_goes(away, work):
    def refusing(connection, numbers):
        work(connection, numbers)
        if len(numbers) > 1:
            raise StoreRefused("no")
        if numbers == [2]:
            raise StoreUnavailable("gone")
        return numbers

    calls = behind_the_first(Group(away, refusing), work, [1, 2, 3])
    work.gate.set()
    assert [type(failure(call)) for call in calls] == [type(None), type(None), StoreUnavailable, StoreUnavailable]
    assert work.batches == [[0], [1, 2, 3], [1], [2]]


def test_to_ask_takes_no_time(group, work):
    begun = monotonic()
    calls = behind_the_first(group, work, range(1, 1000))
    assert monotonic() - begun < LIMIT_S
    assert not any(call.done() for call in calls)
    work.gate.set()
    assert [call.result(5) for call in calls] == [number * 2 for number in range(1000)]


def test_who_no_longer_waits_is_done_all_the_same(group, work):
    first, second = behind_the_first(group, work, [1])
    assert not second.cancel()
    work.gate.set()
    assert (first.result(5), second.result(5)) == (0, 2)


def test_when_a_batch_dies_nobody_waits_for_ever(away, work):
    def deadly(connection, numbers):
        if 1 in numbers:
            raise KeyboardInterrupt
        return work(connection, numbers)

    group = Group(away, deadly)
    calls = behind_the_first(group, work, [1, 2])
    work.gate.set()
    assert [type(failure(call)) for call in calls] == [type(None), StoreUnavailable, StoreUnavailable]
    assert group.call(5) == 10


def test_a_batch_that_begins_after_it_was_given_up_takes_nobody_along(away, work):
    late = []

    def given_up(begin):
        late.append(begin)
        raise StoreUnavailable("too late")

    group = Group(away, work)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(away, "call", given_up)
        with pytest.raises(StoreUnavailable):
            group.call(1)
    calls = behind_the_first(group, work, [2])
    with pytest.raises(StoreUnavailable):
        late[0](None)
    work.gate.set()
    assert [call.result(5) for call in calls] == [0, 4]
    assert work.batches == [[0], [2]]


def test_a_statement_that_is_refused_is_told_from_a_database_that_goes(database):
    for statement, refused in (("SELECT 1 / 0", True), ("SELECT pg_terminate_backend(pg_backend_pid())", False)):
        with pytest.raises(StoreUnavailable) as error:
            database.call(lambda connection, statement=statement: connection.execute(text(statement)))
        assert isinstance(error.value, StoreRefused) == refused


def test_a_batch_is_one_transaction(database, work):
    def transactions(connection, numbers):
        work(connection, numbers)
        return [connection.scalar(text("SELECT txid_current()")) for _ in numbers]

    calls = behind_the_first(Group(database, transactions), work, range(1, CALLS))
    work.gate.set()
    first, *others = [call.result(5) for call in calls]
    assert len(set(others)) == 1
    assert first not in others
