"""Who was refused what, and why, can be told afterwards."""

from concurrent.futures import wait
from datetime import timedelta

import pytest

from core.domain.refusals import Refusal
from core.store.refusals import RefusalStore
from tests.fixtures.runs import NOW

ANN = Refusal("ann", "openai/gpt-4o", "tier_too_low", "It needs the enterprise tier.", NOW)


@pytest.fixture
def store(database):
    return RefusalStore(database)


def note(store, *refusals):
    done, _ = wait([store.note(refusal) for refusal in refusals])
    assert all(one.exception() is None for one in done)


def changed(refusal, **changes):
    fields = {name: getattr(refusal, name) for name in Refusal.__dataclass_fields__}
    return Refusal(**fields | changes)


def test_the_same_within_a_minute_is_counted(store):
    note(store, *[changed(ANN, minute=NOW + timedelta(seconds=second)) for second in range(0, 90, 10)])
    assert [(one.minute, one.times) for one in store.latest(size=9)] == [(NOW + timedelta(minutes=1), 3), (NOW, 6)]


def test_the_latest_come_first_and_can_be_chosen(store):
    later = changed(ANN, user_id="bob", code="budget_reached", minute=NOW + timedelta(minutes=5))
    note(store, ANN, later)
    assert store.latest(size=9) == [later, ANN]
    assert store.latest(size=9, user_id="ann") == store.latest(size=9, code="tier_too_low") == [ANN]
    assert store.latest(size=9, before=later.minute) == [ANN]
    assert store.latest(size=1) == [later]


def test_what_is_too_long_is_cut(store):
    note(store, changed(ANN, model_id="m" * 500, message="w" * 900))
    (kept,) = store.latest(size=9)
    assert (len(kept.model_id), len(kept.message)) == (200, 500)


def test_what_is_old_is_forgotten(store):
    note(store, ANN, changed(ANN, minute=NOW - timedelta(days=40)))
    assert store.forget(NOW - timedelta(days=30)) == 1
    assert store.latest(size=9) == [ANN]
