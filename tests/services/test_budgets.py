"""The service of budgets: who may keep them, what will not do, who is shown which, and what is written down of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.budgets import BudgetPeriod, BudgetScope, PastPeriod, Plan
from core.domain.models import ModelInfo
from core.domain.pricing import Cost, CostSource
from core.errors import Forbidden, InvalidRequest, NameTaken, NotFound
from core.services.budget_members import Members
from core.services.budgets import PAGE, Budgets
from core.store.accounts import AccountStore
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.ledger import Ledger
from core.store.rollups import Rollups
from tests.fixtures.lab import add_user as add_account
from tests.fixtures.lab import ended, running_lab, start
from tests.fixtures.runs import NOW, PRICES, add_user, admission, admit, record

ROOT, PM = (User(name, name, Tier.ENTERPRISE, role) for name, role in (("root", Role.ADMIN), ("pam", Role.PM)))
ANN, BOB = (User(name, name, Tier.STARTER, Role.OPS) for name in ("ann", "bob"))
MODEL = "openai/gpt-4o-mini"
UTC_ZONE = ZoneInfo("UTC")


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budgets(database, clock):
    for name in ("root", "pam", "ann", "bob"):
        add_user(database, name)
    models = SimpleNamespace(all=lambda: [ModelInfo(id=MODEL, display_name="4o mini", prices=PRICES)])
    tags = SimpleNamespace(of=lambda user: {"team": ["search"]})
    members = Members(AccountStore(database), models, tags)
    return Budgets(
        store=BudgetStore(database, UTC_ZONE),
        states=BudgetStates(database),
        members=members,
        zone=UTC_ZONE,
        now=clock,
    )


@pytest.fixture
def ledger(database, budgets):
    return Ledger(database, instance_id=1)


def plan(name="Everything", scope=BudgetScope.LAB, member="", limit="100", **changes):
    return Plan(name, scope, member, changes.get("period", BudgetPeriod.MONTH), limit, changes.get("hard", True))


def cost(dollars):
    return Cost(amount=Decimal(dollars), source=CostSource.COMPUTED)


def names(found):
    return [state.budget.name for state in found.states]


def every_kind(budgets):
    """One budget for each scope, and one that is another's own."""
    for number, (scope, member) in enumerate(
        [
            (BudgetScope.LAB, ""),
            (BudgetScope.USER, "ann"),
            (BudgetScope.USER, "bob"),
            (BudgetScope.PROVIDER, "OpenAI"),
            (BudgetScope.MODEL, MODEL),
            (BudgetScope.TAG, "team: search"),
        ]
    ):
        budgets.add(ROOT, plan(f"{number} {scope} {member}", scope, member))


@pytest.mark.parametrize("user", [PM, ANN])
def test_only_administrators_keep_budgets(budgets, user):
    kept = budgets.add(ROOT, plan())
    for act in (
        lambda: budgets.add(user, plan("Mine")),
        lambda: budgets.change(user, kept.id, plan(limit="1")),
        lambda: budgets.drop(user, kept.id),
    ):
        with pytest.raises(Forbidden):
            act()
    [state] = budgets.shown(ROOT).states
    assert state.budget == kept


def test_each_act_is_written_down_with_before_and_after(budgets, database):
    kept = budgets.add(ROOT, plan(limit="$1,000.50"))
    budgets.change(ROOT, kept.id, plan("All", limit="50", hard=False))
    budgets.drop(ROOT, kept.id)
    found = text("SELECT actor, act, subject, details FROM audit_log ORDER BY id")
    rows = database.call(lambda connection: connection.execute(found).all())
    assert [tuple(row)[:3] for row in rows] == [
        ("root", "set budget", "Everything"),
        ("root", "change budget", "Everything"),
        ("root", "drop budget", "All"),
    ]
    assert rows[0].details["after"]["limit_usd"] == "1000.50"
    assert rows[1].details == {
        "before": {"name": "Everything", "limit_usd": "1000.50", "hard": True},
        "after": {"name": "All", "limit_usd": "50", "hard": False},
    }
    assert (rows[2].details["before"]["name"], rows[2].details["after"]) == ("All", {})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (plan(" "), "a name of 1 to 60"),
        (plan("x" * 61), "a name of 1 to 60"),
        (plan("a\nb"), "a name of 1 to 60"),
        (plan(limit="a lot"), "an amount in US dollars"),
        (plan(scope=BudgetScope.USER, member="nobody"), "who has an account"),
        (plan(scope=BudgetScope.USER, member=""), "who has an account"),
        (plan(scope=BudgetScope.PROVIDER, member="acme"), "providers that the lab knows"),
        (plan(scope=BudgetScope.MODEL, member="gpt-4o"), "provider/model"),
        (plan(scope=BudgetScope.MODEL, member="openai/" + "x" * 200), "provider/model"),
        (plan(scope=BudgetScope.MODEL, member="acme/gpt"), "providers that the lab knows"),
        (plan(scope=BudgetScope.TAG, member="search"), "name: value"),
    ],
)
def test_what_will_not_do_is_refused_with_a_sentence_and_nothing_is_kept(budgets, wrong, told):
    with pytest.raises(InvalidRequest, match=told):
        budgets.add(ROOT, wrong)
    assert budgets.shown(ROOT).count == 0


def test_two_budgets_do_not_bear_one_name(budgets):
    kept = budgets.add(ROOT, plan())
    with pytest.raises(NameTaken):
        budgets.add(ROOT, plan("EVERYTHING"))
    assert budgets.change(ROOT, kept.id, plan("everything")).name == "everything"


def test_a_budget_that_is_gone_is_neither_changed_nor_dropped(budgets):
    for act in (lambda: budgets.change(ROOT, uuid4(), plan()), lambda: budgets.drop(ROOT, uuid4())):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(
    ("scope", "name", "member"),
    [
        (BudgetScope.USER, " ANN ", "ann"),
        (BudgetScope.PROVIDER, "openai", "openai"),
        (BudgetScope.PROVIDER, "OpenAI", "openai"),
        (BudgetScope.MODEL, f" {MODEL} ", MODEL),
        (BudgetScope.TAG, "Team:  search", "team=search"),
    ],
)
def test_members_are_found_by_the_names_that_people_use(budgets, scope, name, member):
    assert budgets.members.of(scope, name) == member


def test_a_model_or_tag_that_nobody_has_seen_is_remarked_and_taken(budgets):
    remark = budgets.members.remark
    assert remark(ROOT, BudgetScope.MODEL, MODEL) is None
    assert remark(ROOT, BudgetScope.TAG, "team: search") is None
    assert "No list names" in remark(ROOT, BudgetScope.MODEL, "openai/gpt-9")
    assert "No run bears" in remark(ROOT, BudgetScope.TAG, "team: serach")
    assert budgets.add(ROOT, plan(scope=BudgetScope.MODEL, member="openai/gpt-9")).member == "openai/gpt-9"


def test_whoever_reads_everybodys_spend_sees_every_budget(budgets):
    every_kind(budgets)
    assert budgets.shown(PM).count == budgets.shown(ROOT).count == 6


def test_others_see_the_labs_their_own_and_those_that_their_runs_of_the_period_count_in(budgets, ledger):
    every_kind(budgets)
    assert names(budgets.shown(ANN)) == ["0 lab", "1 user ann"]
    record(ledger, admission("ann", started_at=NOW - timedelta(days=31)))
    assert names(budgets.shown(ANN)) == ["0 lab", "1 user ann"]
    record(ledger, admission("ann", tags={"team": "search"}))
    assert sorted(names(budgets.shown(ANN))) == [
        "0 lab", "1 user ann", "3 provider OpenAI", f"4 model {MODEL}", "5 tag team: search",
    ]  # fmt: skip
    assert names(budgets.shown(BOB)) == ["0 lab", "2 user bob"]


def test_the_nearest_to_their_limits_come_first_a_page_at_a_time_and_are_found_by_words(budgets, ledger):
    for number in range(PAGE + 2):
        budgets.add(ROOT, plan(f"Budget {number:02}", limit=f"{100 + number}"))
    budgets.add(ROOT, plan("Ann's", BudgetScope.USER, "ann", limit="0.01"))
    record(ledger, admission("ann"), cost=cost("0.5"))
    first, second = budgets.shown(PM), budgets.shown(PM, page=2)
    assert names(first)[:2] == ["Ann's", "Budget 00"]
    assert (len(first.states), len(second.states), first.pages) == (PAGE, 3, 2)
    assert names(budgets.shown(PM, " ANN ")) == ["Ann's"]
    assert names(budgets.shown(PM, "%")) == []


def test_those_concerned_are_told_from_four_fifths_on(budgets, ledger):
    budgets.add(ROOT, plan(limit="1"))
    budgets.add(ROOT, plan("Ann's", BudgetScope.USER, "ann", limit="0.5"))
    record(ledger, admission("ann"), cost=cost("0.79"))
    assert names(budgets.nearing(ANN)) == ["Ann's"]
    assert names(budgets.nearing(BOB)) == []
    record(ledger, admission("bob"), cost=cost("0.01"))
    assert [names(budgets.nearing(user)) for user in (BOB, PM)] == [["Everything"], ["Ann's", "Everything"]]


def test_what_a_run_would_come_up_against_first_is_the_hard_one_with_the_least_left(budgets, ledger):
    assert budgets.tightest(ANN, MODEL, {}) is None
    budgets.add(ROOT, plan("Tag", BudgetScope.TAG, "team: search", limit="1"))
    budgets.add(ROOT, plan("Bob's", BudgetScope.USER, "bob", limit="0.1"))
    budgets.add(ROOT, plan("Tells", limit="0.5", hard=False))
    budgets.add(ROOT, plan("Lab", limit="5"))
    assert budgets.tightest(ANN, MODEL, {}).budget.name == "Lab"
    assert budgets.tightest(ANN, MODEL, {"team": "search"}).budget.name == "Tag"
    admit(ledger, admission("bob", reserved_usd=Decimal("0.05")))
    assert budgets.tightest(BOB, MODEL, {}).left == Decimal("0.05")


def test_a_report_is_beside_the_budgets_of_just_what_it_shows(budgets):
    every_kind(budgets)

    def covering(user, *only):
        return [state.budget.name for state in budgets.covering(user, *only)]

    assert covering(PM) == ["0 lab"]
    assert covering(PM, MODEL) == [f"4 model {MODEL}"]
    assert covering(PM, None, "openai") == ["3 provider OpenAI"]
    assert covering(PM, None, None, ("team", "search")) == ["5 tag team: search"]
    assert covering(PM, MODEL, "openai") == []
    assert covering(ANN) == ["1 user ann"]
    assert covering(ANN, MODEL) == []


def test_past_periods_are_kept_and_shown_to_whom_the_budget_is(budgets, ledger, clock):
    budgets.add(ROOT, plan("Bob's", BudgetScope.USER, "bob", period=BudgetPeriod.DAY))
    record(ledger, admission("bob"), cost=cost("0.3"))
    clock.now += timedelta(days=1)
    [state] = budgets.shown(PM).states
    told = [PastPeriod(date(2026, 11, 20), Decimal("0.3"))]
    assert (state.spent, budgets.past(PM, state), budgets.past(BOB, state)) == (0, told, told)
    assert budgets.past(ANN, state) == []


@pytest.mark.parametrize("scope", list(BudgetScope))
def test_the_days_that_a_months_end_is_told_by_are_those_of_what_it_counts(budgets, ledger, database, scope):
    member = {BudgetScope.LAB: "", BudgetScope.USER: "ann", BudgetScope.PROVIDER: "openai"}
    member |= {BudgetScope.MODEL: MODEL, BudgetScope.TAG: "team: search"}
    budgets.add(ROOT, plan(scope=scope, member=member[scope], limit="1000"))
    for back in range(1, 63):
        at = NOW - timedelta(days=back)
        record(ledger, admission("ann", tags={"team": "search"}, started_at=at), cost=cost("2"))
    rollups = Rollups(database, UTC_ZONE)
    rollups.prepare()
    rollups.fold()
    [state] = budgets.shown(ROOT).states
    [told] = budgets.endings([state]).values()
    assert (state.spent, told.expected, told.low) == (38, 38 + 21, 38 + 21)  # half of today, and ten days more


def test_a_lab_that_starts_in_another_zone_counts_by_the_days_of_that_zone(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path, LAB_TIMEZONE="UTC") as lab:
        root = add_account(lab, "root", role=Role.ADMIN)
        lab.budgets.add(root, plan(period=BudgetPeriod.DAY))
        run = ended(start(lab, root, "openai/sim/words"))
    with running_lab(database_url, simulator, tmp_path, LAB_TIMEZONE="Asia/Kathmandu") as lab:
        [state] = lab.budgets.shown(root).states
        begins = state.begins.astimezone(ZoneInfo("Asia/Kathmandu"))
        assert (begins.hour, begins.minute, state.starts) == (0, 0, begins.date())
        assert state.spent == (run.cost.amount if run.started_at >= state.begins else 0)
