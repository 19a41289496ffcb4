"""The rules of the tiers: as administrators set them, in every process, and the contract's where nobody did."""

import pytest
from sqlalchemy import insert, select

from core.domain.access import CONTRACT, EVERY_MODEL, Role, Tier, TierRule, rule_of
from core.domain.accounts import User
from core.domain.limits import Cap, OwnLimits
from core.errors import Forbidden, InvalidRequest, LimitReached, TierTooLow
from core.services.copies import Copies
from core.services.tiers import Tiers
from core.store.accounts import AccountStore, values_of
from core.store.changes import ChangeStore
from core.store.tables import audit_log, tier_rules, users
from core.store.tiers import TierStore
from tests.fixtures.lab import add_user, ended, start

ROOT = User("root", "root", Tier.ENTERPRISE, Role.ADMIN)
RULE = TierRule(5, ("openai/gpt-5",), free_on_openrouter=True)


@pytest.fixture
def process(database):
    """Makes the rules of one more process, with what refreshes its copies."""

    def made() -> tuple[Tiers, Copies]:
        copies = Copies(ChangeStore(database))
        tiers = Tiers(TierStore(database), copies)
        tiers.load()
        return tiers, copies

    return made


@pytest.fixture
def tiers(process) -> Tiers:
    made, _ = process()
    return made


def notes(database) -> list[tuple]:
    query = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    return [tuple(row) for row in database.call(lambda connection: connection.execute(query).all())]


def test_where_nobody_set_any_the_contracts_rules_hold(tiers: Tiers):
    assert tiers.rules == CONTRACT


def test_a_rule_that_is_set_holds_in_every_process_and_is_noted(database, tiers: Tiers, process):
    other, copies = process()
    tiers.set(ROOT, Tier.STARTER, RULE)
    assert tiers.rules == (CONTRACT[0], RULE, *CONTRACT[2:])
    assert other.rules == CONTRACT
    copies.refresh()
    assert other.rules == tiers.rules
    (note,) = notes(database)
    assert note[:3] == ("root", "change tier", "starter")
    assert note[3]["before"]["runs_a_month"] == 1000
    assert note[3]["after"] == {"runs_a_month": 5, "prefixes": ["openai/gpt-5"], "free_on_openrouter": True}


def test_all_are_reset_at_once_and_that_is_noted(database, tiers: Tiers, process):
    tiers.set(ROOT, Tier.TRIAL, RULE)
    tiers.set(ROOT, Tier.ENTERPRISE, TierRule(7))
    tiers.reset(ROOT)
    assert tiers.rules == process()[0].rules == CONTRACT
    assert notes(database)[-1][:3] == ("root", "reset tiers", "all tiers")
    assert set(notes(database)[-1][3]["before"]) == {"trial", "enterprise"}


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_only_administrators_change_them(database, tiers: Tiers, role: Role):
    user = User("ann", "ann", Tier.ENTERPRISE, role)
    with pytest.raises(Forbidden):
        tiers.set(user, Tier.TRIAL, RULE)
    with pytest.raises(Forbidden):
        tiers.reset(user)
    assert notes(database) == []


def test_what_is_written_is_tidied(tiers: Tiers):
    tiers.set(ROOT, Tier.TRIAL, TierRule(0, (" groq/ ", "", "groq/", "openai/gpt-4o:x")))
    assert rule_of(Tier.TRIAL, tiers.rules) == TierRule(0, ("groq/", "openai/gpt-4o:x"))


def test_the_highest_tier_may_always_use_every_model(tiers: Tiers):
    tiers.set(ROOT, Tier.ENTERPRISE, TierRule(9, ("groq/",)))
    assert rule_of(Tier.ENTERPRISE, tiers.rules) == TierRule(9, EVERY_MODEL)


@pytest.mark.parametrize(
    "rule",
    [
        TierRule(-1),
        TierRule(10**10),
        *(TierRule(1, (prefix,)) for prefix in ("gpt", "/x", "openai", "Open AI/x", "openai/g pt", "openai/\0")),
        TierRule(1, tuple(f"groq/{number}" for number in range(201))),
    ],
)
def test_what_can_be_no_rule_is_refused(database, tiers: Tiers, rule: TierRule):
    with pytest.raises(InvalidRequest):
        tiers.set(ROOT, Tier.TRIAL, rule)
    assert (tiers.rules, notes(database)) == (CONTRACT, [])


@pytest.mark.parametrize("kept", [[], {"prefixes": ["x/"]}, {"runs_a_month": "many", "prefixes": []}])
def test_a_rule_that_somebody_wrote_by_hand_and_is_none_does_not_count(database, tiers: Tiers, kept):
    database.call(lambda connection: connection.execute(insert(tier_rules).values(tier="trial", rules=kept)))
    assert TierStore(database).rules() == CONTRACT


def test_runs_are_admitted_and_models_offered_by_the_rules_that_hold(lab):
    ann = add_user(lab, tier=Tier.TRIAL)
    before = {choice.model.id for choice in lab.models.choices(ann) if choice.allowed}
    with pytest.raises(TierTooLow):
        start(lab, ann, "groq/sim/words")
    lab.tiers.set(ROOT, Tier.TRIAL, TierRule(1, ("groq/",)))
    assert {choice.model.id for choice in lab.models.choices(ann) if choice.allowed} != before
    ended(start(lab, ann, "groq/sim/words"))
    with pytest.raises(TierTooLow) as caught:
        start(lab, ann, "local/sim/words")
    assert caught.value.tier_required is Tier.STARTER
    with pytest.raises(LimitReached, match=r"this month's runs \(1\)"):
        start(lab, ann, "groq/sim/words")
    assert (lab.runs.allowance(ann).runs_limit, lab.runs.runs_left(ann)) == (1, 0)


def with_limits(lab, **limits) -> User:
    """Somebody of the trial tier with limits of their own, as a session would find them."""
    user = User("eve", "eve", Tier.TRIAL, Role.OPS, limits=OwnLimits(**limits))
    row = insert(users).values(values_of(user, "!"))
    lab.database.call(lambda connection: connection.execute(row))
    account = AccountStore(lab.database).find("eve")
    assert account
    return account.user


def test_a_limit_of_ones_own_holds_in_the_place_of_the_tiers(lab):
    eve = with_limits(lab, runs_a_month=Cap(2))
    for _ in range(2):
        ended(start(lab, eve, "local/sim/words"))
    with pytest.raises(LimitReached, match=r"\(2\)"):
        start(lab, eve, "local/sim/words")
    assert (lab.runs.allowance(eve).runs_limit, lab.runs.runs_left(eve)) == (2, 0)


def test_a_limit_of_nought_lets_nothing_through(lab):
    with pytest.raises(LimitReached):
        start(lab, with_limits(lab, runs_a_month=Cap(0)), "local/sim/words")


def test_no_limit_of_ones_own_is_none_at_all(lab):
    eve = with_limits(lab, runs_a_month=Cap(None), runs_at_once=Cap(None))
    lab.tiers.set(ROOT, Tier.TRIAL, TierRule(1, ("openai/",)))
    going = [start(lab, eve, "openai/sim/silent") for _ in range(lab.settings.user_concurrency + 1)]
    assert lab.runs.runs_left(eve) is None
    lab.runs.stop_all(eve)
    assert all(ended(run) for run in going)


def test_runs_at_once_are_limited_by_a_limit_of_ones_own(lab):
    eve = with_limits(lab, runs_at_once=Cap(1))
    lab.tiers.set(ROOT, Tier.TRIAL, TierRule(9, ("openai/",)))
    start(lab, eve, "openai/sim/silent")
    with pytest.raises(LimitReached, match=r"at once \(1\)"):
        start(lab, eve, "openai/sim/silent")
    lab.runs.stop_all(eve)
