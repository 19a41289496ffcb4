"""Which tags somebody is offered: everybody's for those who read everybody's spend, else their own of late."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.services.stats import Stats
from core.services.tags import UsedTags
from core.store import tags as tag_store
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from core.store.spend import SpendStore
from core.store.tags import TagStore
from tests.fixtures.runs import NOW, add_user, admission, record


@pytest.fixture
def used(database) -> UsedTags:
    return UsedTags(TagStore(database), Stats(SpendStore(Rollups(database, ZoneInfo("UTC"))), dict))


@pytest.fixture
def run(database):
    """Records a run of somebody's, each a second after the one before."""
    ledger, instants = Ledger(database, instance_id=1), iter(range(99))
    for user_id in ("ann", "bob"):
        add_user(database, user_id)

    def run(user_id, **tags):
        record(ledger, admission(user_id, tags=tags, started_at=NOW + timedelta(seconds=next(instants))))

    return run


def person(role: Role) -> User:
    return User("ann", "ann", Tier.ENTERPRISE, role)


def test_ops_are_offered_their_own_the_newest_first(used, run):
    run("ann", team="support", project="apollo")
    run("ann")
    run("ann", team="sales", ticket="4711")
    run("ann", team="support")
    run("bob", team="secret")
    assert used.of(person(Role.OPS)) == {"team": ["support", "sales"], "project": ["apollo"], "ticket": ["4711"]}


def test_only_the_last_runs_are_looked_at(used, run, monkeypatch):
    monkeypatch.setattr(tag_store, "RECENT_RUNS", 2)
    for team in ("one", "two", "three"):
        run("ann", team=team)
    assert used.of(person(Role.OPS)) == {"team": ["three", "two"]}


@pytest.mark.parametrize("role", [Role.PM, Role.ADMIN])
def test_who_reads_everybodys_spend_is_offered_everybodys(used, run, role):
    run("ann", team="support")
    run("bob", team="sales", project="apollo")
    assert used.of(person(role)) == {"team": ["sales", "support"], "project": ["apollo"]}
