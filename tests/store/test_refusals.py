"""Who was refused what, and why, can be told afterwards."""

from concurrent.futures import wait
from datetime import timedelta

import pytest

from core.domain.periods import Period
from core.domain.refusals import Refusal
from core.store.refusals import RefusalStore
from tests.fixtures.runs import NOW, add_user

ANN = Refusal("ann", "openai/gpt-4o", "tier_too_low", "It needs the enterprise tier.", NOW)


@pytest.fixture
def store(database):
    return RefusalStore(database)


def latest(store, **asked):
    return store.page(size=9, **asked).refusals


def note(store, *refusals):
    done, _ = wait([store.note(refusal) for refusal in refusals])
    assert all(one.exception() is None for one in done)


def changed(refusal, **changes):
    fields = {name: getattr(refusal, name) for name in Refusal.__dataclass_fields__}
    return Refusal(**fields | changes)


def test_the_same_within_a_minute_is_counted(store):
    note(store, *[changed(ANN, minute=NOW + timedelta(seconds=second)) for second in range(0, 90, 10)])
    assert [(one.minute, one.times) for one in latest(store)] == [(NOW + timedelta(minutes=1), 3), (NOW, 6)]


def test_the_latest_come_first_and_can_be_chosen(store):
    later = changed(ANN, user_id="bob", code="budget_reached", minute=NOW + timedelta(minutes=5))
    note(store, ANN, later)
    assert latest(store) == [later, ANN]
    assert latest(store, user_id="ann") == latest(store, code="tier_too_low") == [ANN]
    assert latest(store, period=Period(NOW, later.minute)) == [ANN]
    assert latest(store, older_than=later) == [ANN]
    assert store.codes() == ["budget_reached", "tier_too_low"]


def test_pages_follow_each_other_without_a_gap(store):
    many = [
        changed(ANN, user_id=user, model_id=model, minute=NOW + timedelta(minutes=minute))
        for user in ("ann", "bob")
        for model in ("openai/a", "openai/b")
        for minute in range(3)
    ]
    note(store, *many)
    found, last = [], None
    while True:
        page = store.page(size=5, older_than=last)
        found += page.refusals
        if page.older is None:
            break
        last = page.older
    assert sorted(map(repr, found)) == sorted(map(repr, many))
    assert [one.minute for one in found] == sorted((one.minute for one in many), reverse=True)


def test_a_page_tells_the_names_of_its_people(database, store):
    add_user(database, "ann")
    note(store, ANN, changed(ANN, user_id="gone"))
    assert store.page(size=9).names == {"ann": "ann"}


def test_what_is_too_long_is_cut(store):
    note(store, changed(ANN, model_id="m" * 500, message="w" * 900))
    (kept,) = latest(store)
    assert (len(kept.model_id), len(kept.message)) == (200, 500)


def test_what_is_old_is_forgotten(store):
    note(store, ANN, changed(ANN, minute=NOW - timedelta(days=40)))
    assert store.forget(NOW - timedelta(days=30)) == 1
    assert latest(store) == [ANN]
