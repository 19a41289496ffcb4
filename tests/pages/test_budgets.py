"""The page of budgets and the line about them in the sidebar, as the people see them whom they concern."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core import lab
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.budgets import BudgetPeriod, BudgetScope, Plan
from core.services.accounts import Accounts
from core.services.budgets import PAGE, Budgets
from core.store.database import Database
from core.store.ledger import Ledger
from pages.components.format import literal
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.frame import Browser, opened
from tests.fixtures.recorded import put_on_record
from tests.fixtures.runs import admission, admit, record
from tests.services.test_budgets import cost

ANYTHING = "Nothing is limited so far"


@pytest.fixture
def budgets(browser: Browser) -> Budgets:
    return lab.current().budgets


@pytest.fixture
def root(accounts: Accounts, browser: Browser) -> User:
    """The administrator, who is signed in."""
    return entered(accounts, browser, "root", Role.ADMIN)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, instance_id=1)


def entered(accounts: Accounts, browser: Browser, name: str, role: Role) -> User:
    user = accounts.add(name, PASSWORD, tier=Tier.ENTERPRISE, role=role)
    browser.token = accounts.open_session(user, ADDRESS, AGENT)
    return user


def set_budget(budgets: Budgets, root: User, name="Everything", limit="100", scope=BudgetScope.LAB, member="", **more):
    plan = Plan(name, scope, member, more.get("period", BudgetPeriod.MONTH), limit, more.get("hard", True))
    return budgets.add(root, plan)


def spend(ledger: Ledger, user: User, dollars: str) -> None:
    record(ledger, admission(user.id, started_at=datetime.now(UTC)), cost=cost(dollars))
    st.cache_data.clear()


def words(app: AppTest) -> str:
    return " ".join(one.value for kind in (app.main.markdown, app.caption, app.error) for one in kind)


def notice(app: AppTest) -> str:
    return " ".join(one.value for one in app.sidebar.markdown if "savings" in one.value)


def button(app: AppTest, label: str) -> Button:
    return next(one for one in app.button if one.label.endswith(label))


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_before_the_first_budget_the_page_teaches(root: User, browser: Browser):
    app = opened(browser, "budgets")
    assert ANYTHING in words(app) and "New budget" in labels(app)
    assert not app.exception


def test_a_budget_says_how_it_stands(root: User, browser: Browser, budgets: Budgets, ledger: Ledger):
    set_budget(budgets, root, "All of *us*", "1")
    spend(ledger, root, "0.5")
    admit(ledger, admission(root.id, started_at=datetime.now(UTC), reserved_usd=Decimal("0.25")))
    said = words(opened(browser, "budgets"))
    assert r"**All of \*us\***" in said
    assert ":gray-badge[50% passed]" in said
    assert literal("$0.50") in said and "spent (50%)" in said
    assert literal("$0.25 left") in said
    assert literal("$0.25 reserved by runs under way") in said
    assert "Starts anew on" in said


def test_an_administrator_sets_a_budget(root: User, browser: Browser, budgets: Budgets):
    app = button(opened(browser, "budgets"), "New budget").click().run()
    app.text_input[0].input("$1,250.50")
    app = button(app, "Save").click().run()
    [state] = budgets.shown(root).states
    assert (state.budget.name, state.budget.limit_usd) == ("The whole lab, monthly", Decimal("1250.50"))
    assert (state.budget.scope, state.budget.period, state.budget.hard) == (BudgetScope.LAB, BudgetPeriod.MONTH, True)
    assert "“The whole lab, monthly” is set" in app.toast[0].value.replace("\\", "")
    assert "Save" not in labels(app.run())


def test_a_budget_of_a_person_is_set_by_the_persons_name(root: User, browser: Browser, budgets: Budgets):
    app = button(opened(browser, "budgets"), "New budget").click().run()
    app = app.selectbox[0].select(BudgetScope.USER).run()
    person, limit, name = app.text_input
    person.input("ANN")
    limit.input("5")
    name.input("Ann's own")
    app.radio[0].set_value(BudgetPeriod.DAY)
    app.radio[1].set_value("Only tell those concerned")
    button(app, "Save").click().run()
    [state] = budgets.shown(root).states
    assert (state.called, state.budget.name, state.budget.hard) == ("ann", "Ann's own", False)
    assert state.budget.period is BudgetPeriod.DAY


@pytest.mark.parametrize(("limit", "told"), [("", "amount in US dollars"), ("a lot", "amount in US dollars")])
def test_what_will_not_do_is_said_and_what_was_written_stays(root, browser, budgets, limit, told):
    app = button(opened(browser, "budgets"), "New budget").click().run()
    app.text_input[0].input(limit)
    app.text_input[1].input("Mine")
    app = button(app, "Save").click().run()
    assert told in words(app)
    assert [one.value for one in app.text_input] == [limit, "Mine"]
    assert budgets.shown(root).count == 0


def test_a_budget_is_changed_and_what_it_was_stands_in_the_form(root, browser, budgets):
    set_budget(budgets, root, limit="12.5")
    app = button(opened(browser, "budgets"), "Change").click().run()
    limit, name = app.text_input
    assert (limit.value, name.value) == ("12.50", "Everything")
    limit.input("20")
    button(app, "Save").click().run()
    [state] = budgets.shown(root).states
    assert state.budget.limit_usd == 20


def test_a_budget_is_dropped_also_if_another_tab_was_first(root, browser, budgets):
    kept = set_budget(budgets, root)
    app = opened(browser, "budgets")
    assert "cannot be undone" in words(app)
    budgets.drop(root, kept.id)
    app = button(app, "Drop this budget").click().run()
    assert not app.exception and ANYTHING in words(app)


def test_of_many_a_page_is_shown_and_the_others_are_found_by_their_words(root, browser, budgets):
    for number in range(PAGE + 1):
        set_budget(budgets, root, f"Budget {number:02}")
    app = opened(browser, "budgets")
    assert labels(app).count("Change") == PAGE
    app = app.main.text_input(key="budget-words").input("budget 12").run()
    assert labels(app).count("Change") == 1 and "Budget 12" in words(app)
    app = app.main.text_input(key="budget-words").input("nothing like it").run()
    assert "No budget has these words" in words(app)


@pytest.mark.parametrize(("role", "seen"), [(Role.PM, True), (Role.OPS, False)])
def test_others_change_nothing_and_see_no_budget_that_is_somebodys_own(accounts, root, browser, budgets, role, seen):
    set_budget(budgets, root, "Roots own", scope=BudgetScope.USER, member="root")
    set_budget(budgets, root, "Of all")
    entered(accounts, browser, "pat", role)
    app = opened(browser, "budgets")
    assert "Of all" in words(app)
    assert ("Roots own" in words(app)) is seen
    assert not {"New budget", "Change", "Drop this budget"} & set(labels(app))


def test_whoever_no_budget_concerns_is_told_so(signed_in: Browser):
    assert "No budget limits your runs" in words(opened(signed_in, "budgets"))


def test_those_concerned_are_told_on_every_page_until_they_hide_it_or_the_next_threshold(
    accounts, root, browser, budgets, ledger
):
    set_budget(budgets, root, limit="1")
    ann = accounts.sign_in("ann", PASSWORD, ADDRESS)
    browser.token = accounts.open_session(ann, ADDRESS, AGENT)
    spend(ledger, ann, "0.79")
    app = opened(browser, "budgets")
    assert notice(app) == ""
    spend(ledger, ann, "0.02")
    app.run()
    assert "81% of" in notice(app) and "An administrator can raise it" in notice(app)
    app = app.sidebar.button(key="hide-budgets").click().run()
    assert notice(app) == ""
    spend(ledger, ann, "0.2")
    assert "is used up" in notice(app.run())


def test_an_administrator_is_told_where_to_raise_it_and_no_more_once_it_is(root, browser, budgets, ledger):
    set_budget(budgets, root, limit="1")
    spend(ledger, root, "0.9")
    app = opened(browser, "budgets")
    assert "Raise it under Budgets" in notice(app)
    app = button(app, "Change").click().run()
    app.text_input[0].input("10")
    app = button(app, "Save").click().run()
    assert notice(app) == ""


def test_markup_in_names_stays_text(root, browser, budgets, ledger):
    name = "![x](http://elsewhere/?q=1) <b>&"
    set_budget(budgets, root, name, "1")
    spend(ledger, root, "2")
    app = opened(browser, "budgets")
    assert name not in words(app) + notice(app)
    assert literal(name) in words(app) and literal(name) in notice(app)


def test_the_stats_page_shows_the_budget_of_just_what_it_shows(root, browser, budgets, ledger, database):
    set_budget(budgets, root, limit="10")
    set_budget(budgets, root, "Day", limit="4", period=BudgetPeriod.DAY)
    recorded = put_on_record(database, {root.id: "root"})
    recorded(root, cost=cost("1.5"))
    app = opened(browser, "stats")
    assert f"**Budget** {literal('“Everything”: $1.50 of $10.00 spent this month (15%), $8.50 left')}" in words(app)
    assert "Budget: $4.00 a day" in app.main.get("plotly_chart")[0].proto.alt
    app.session_state["spent_at"] = "OpenAI"
    assert "**Budget**" not in words(app.run())
