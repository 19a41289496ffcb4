"""Administrators find out why anybody was refused; everybody finds out why oneself was."""

from concurrent.futures import wait
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import errors
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.refusals import REASONS, Refusal, Remedy, reason_of
from core.errors import Forbidden, InvalidRequest
from core.services.refusals import KEPT, OWN, RECENT, Refusals, RefusalsAsked
from core.store.notes import NoteStore
from core.store.refusals import RefusalStore
from tests.fixtures.runs import NOW, add_user

BOB = User("id-of-bob", "bob", Tier.ENTERPRISE, Role.ADMIN)
ANN = User("ann", "ann", Tier.TRIAL, Role.OPS)
ALL = RefusalsAsked()


@pytest.fixture
def store(database):
    return RefusalStore(database)


@pytest.fixture
def refusals(database, store):
    add_user(database, "ann")
    return Refusals(store, NoteStore(database), ZoneInfo("UTC"), now=lambda: NOW)


def refuse(store, user_id="ann", code="tier_too_low", minute=NOW, times=1):
    done, _ = wait([store.note(Refusal(user_id, "openai/gpt-4o", code, f"No: {code}.", minute, times))])
    assert all(one.exception() is None for one in done)


def test_an_administrator_sees_everybodys_and_asks_by_name_reason_and_day(refusals, store):
    refuse(store)
    refuse(store, "gone", "limit_reached", NOW - timedelta(days=2), times=3)

    def found(asked):
        return [one.user_id for one in refusals.page(BOB, asked).refusals]

    assert found(ALL) == ["ann", "gone"]
    assert found(RefusalsAsked(person="ANN")) == found(RefusalsAsked(code="tier_too_low")) == ["ann"]
    assert found(RefusalsAsked(person="gone")) == found(RefusalsAsked(last=date(2026, 11, 18))) == ["gone"]
    assert refusals.page(BOB, ALL).names == {"ann": "ann"}
    assert refusals.codes(BOB) == ["limit_reached", "tier_too_low"]
    with pytest.raises(InvalidRequest):
        refusals.page(BOB, RefusalsAsked(first=date(2026, 2, 2), last=date(2026, 2, 1)))


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_nobody_else_sees_anothers(refusals, store, role):
    refuse(store, "bob")
    for act in (lambda user: refusals.page(user, ALL), refusals.codes):
        with pytest.raises(Forbidden):
            act(replace(ANN, role=role))
    assert refusals.own(ANN) == []


def test_everybody_sees_the_own_ones_of_a_week(refusals, store):
    refuse(store, "bob")
    refuse(store, minute=NOW - RECENT - timedelta(minutes=1))
    for minute in range(OWN + 2):
        refuse(store, minute=NOW - timedelta(minutes=minute))
    own = refusals.own(ANN)
    assert (len(own), own[0].minute, {one.user_id for one in own}) == (OWN, NOW, {"ann"})


def test_what_is_old_is_forgotten(refusals, store):
    refuse(store, minute=NOW - KEPT - timedelta(minutes=1))
    refuse(store, minute=NOW - KEPT + timedelta(minutes=1))
    refusals.forget_old()
    assert [one.minute for one in refusals.page(BOB, ALL).refusals] == [NOW - KEPT + timedelta(minutes=1)]


def test_every_reason_that_is_described_is_that_of_an_error():
    codes = {
        kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LabError)
    }
    assert set(REASONS) <= codes
    assert {remedy for one in REASONS.values() for remedy in one.remedies} == set(Remedy)
    assert reason_of("something_else").title == "Something else"
