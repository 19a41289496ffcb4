"""The demonstration is plausible, reproducible, exact in its arithmetic, and never mixed with real runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.domain.access import CONTRACT, may_use, tier_named
from core.domain.invoices import compare
from core.domain.models import ModelInfo
from core.domain.pricing import PriceSource, cost_of, flat
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.errors import LabError
from core.store.budget_states import BudgetStates
from core.store.database import Database
from core.store.demo import fill
from core.store.demo.budgets import WISHES, set_budgets
from core.store.demo.invoices import BEYOND, add_invoices
from core.store.demo.people import EXPENSIVE, HABITS, PEOPLE, PROJECTS
from core.store.history import HistoryStore
from core.store.invoices import BesideStore, InvoiceStore
from core.store.rollups import Rollups
from core.store.tables import llm_usage_logs, month_counts, run_texts, users
from tests.fixtures.database import copied
from tests.fixtures.runs import add_user

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 36
ZONE = ZoneInfo("Asia/Kathmandu")


def catalogue():
    ids = [habit.model_id for habit in (*HABITS, EXPENSIVE)]
    prices = [flat(f"0.{place}1", "3", PriceSource.PRICE_LIST) for place in range(len(ids))]
    return [ModelInfo(id=name, display_name=name, prices=price) for name, price in zip(ids, prices, strict=True)]


@pytest.fixture(scope="module")
def filled(postgres_url, migrated_template):
    """A filled database, only to be read, and how many runs `fill` said it has."""
    with copied(postgres_url, migrated_template) as url:
        opened = Database(url)
        yield opened, fill(opened, now=NOW, models=catalogue(), days=DAYS)
        opened.close()


@pytest.fixture
def demo(filled):
    return filled[0]


def rows(database, query):
    return database.call(lambda connection: connection.execute(query).all())


def test_it_is_as_much_as_it_says_and_ends_now(demo, filled):
    [(found, first, last)] = rows(
        demo,
        select(func.count(), func.min(llm_usage_logs.c.created_at), func.max(llm_usage_logs.c.created_at)),
    )
    assert found == filled[1] > 100 * DAYS
    assert timedelta(0) < NOW - last < timedelta(hours=2)
    assert timedelta(days=DAYS - 1) < NOW - first < timedelta(days=DAYS + 1)


def test_every_cost_is_what_the_prices_make_of_the_tokens(demo):
    history, models = HistoryStore(demo), {model.id: model for model in catalogue()}
    for row in history.page(HistoryFilter(), size=1_000_000).rows[::50]:
        run = history.find(row.id)
        assert run.prices == models[run.model_id].prices
        assert run.cost == cost_of(run.usage, run.prices, reported=run.usage_reported)


def test_nobody_can_sign_in_as_its_people_and_they_use_what_their_tier_allows(demo):
    people = rows(demo, select(users))
    assert {person.password_hash for person in people} == {"!"}
    assert {person.role for person in people} == {"ops", "pm"}
    assert {person.tier for person in people} == {"trial", "starter", "professional", "enterprise"}
    tiers, models = (
        {person.id: tier_named(person.tier) for person in people},
        {model.id: model for model in catalogue()},
    )
    used = rows(demo, select(llm_usage_logs.c.user_id, llm_usage_logs.c.model_name).distinct())
    assert all(may_use(tiers[user_id], models[model_id], CONTRACT) for user_id, model_id in used)


def test_it_has_working_days_faults_estimates_and_one_odd_day(demo):
    day = func.date_trunc("day", llm_usage_logs.c.created_at)
    spent = rows(demo, select(day, func.count(), func.sum(llm_usage_logs.c.cost)).group_by(day).order_by(day))
    weekend = [runs for when, runs, _ in spent[1:-1] if when.weekday() > 4]
    working = [runs for when, runs, _ in spent[1:-1] if when.weekday() < 5]
    assert max(weekend) < min(working)
    dearest = max(spent, key=lambda entry: entry[2])
    assert (NOW.date() - dearest[0].date()).days == 17
    seen = set(rows(demo, select(llm_usage_logs.c.status, llm_usage_logs.c.cost_source).distinct()))
    assert {status for status, _ in seen} == set(RunStatus) - {RunStatus.STARTED, RunStatus.UNKNOWN}
    assert {source for _, source in seen} == {"computed", "estimated", "provider"}


def test_most_runs_bear_the_team_of_who_made_them_and_many_a_project_of_the_team(demo):
    tags = llm_usage_logs.c.tags
    team, project = tags["team"].astext, tags["project"].astext
    found = rows(
        demo,
        select(users.c.username, team, project, func.count())
        .join_from(llm_usage_logs, users, users.c.id == llm_usage_logs.c.user_id)
        .group_by(users.c.username, team, project),
    )
    teams = {person.username: person.team for person in PEOPLE}
    assert {(who, of) for who, of, _, _ in found if of} == set(teams.items())
    assert {of for _, of, _, _ in found if of} == set(PROJECTS)
    assert all(of is not None and what in PROJECTS[of] for _, of, what, _ in found if what)
    runs = sum(count for *_, count in found)
    assert 0.85 < sum(count for _, of, _, count in found if of) / runs < 0.95
    assert 0.45 < sum(count for *_, what, count in found if what) / runs < 0.65


def test_texts_are_kept_for_the_last_thirty_days(demo):
    old = llm_usage_logs.c.created_at < NOW - timedelta(days=30)
    texts = select(func.count(), func.count(run_texts.c.run_id)).select_from(llm_usage_logs).outerjoin(run_texts)
    [(olds, kept_olds)] = rows(demo, texts.where(old))
    [(youngs, kept_youngs)] = rows(demo, texts.where(~old))
    assert (olds > 0, kept_olds) == (True, 0)
    assert youngs == kept_youngs
    excerpts = select(func.count(llm_usage_logs.c.metadata["prompt"].astext)).where(old)
    assert rows(demo, excerpts) == [(0,)]


def test_accounts_that_are_there_get_runs_of_their_own(database):
    add_user(database, "admin")
    fill(database, now=NOW, models=catalogue(), days=3)
    assert HistoryStore(database).count(HistoryFilter(user_id="admin")) > 20


def test_it_is_the_same_again_for_the_same_seed(database):
    fill(database, now=NOW, models=catalogue(), days=2)
    figures = select(func.sum(llm_usage_logs.c.total_tokens), func.sum(llm_usage_logs.c.cost))
    tagged = select(llm_usage_logs.c.tags, func.count()).group_by(llm_usage_logs.c.tags).order_by(llm_usage_logs.c.tags)
    first, first_tags = rows(database, figures), rows(database, tagged)
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE users, llm_usage_logs CASCADE"))
    fill(database, now=NOW, models=catalogue(), days=2)
    assert rows(database, figures) == first != [(0, Decimal(0))]
    assert rows(database, tagged) == first_tags != []


def test_a_database_with_runs_is_refused_and_left_as_it_is(database):
    before = fill(database, now=NOW, models=catalogue(), days=2)
    with pytest.raises(LabError, match="There are runs already"):
        fill(database, now=NOW, models=catalogue(), days=2)
    assert HistoryStore(database).count(HistoryFilter()) == before


def test_without_any_model_that_it_knows_it_is_empty(database):
    assert fill(database, now=NOW, models=[], days=2) == 0


def test_the_runs_of_a_month_are_counted_as_if_they_had_been_admitted(database):
    fill(database, now=NOW, models=catalogue(), days=40)
    month = func.date_trunc("month", func.timezone("UTC", llm_usage_logs.c.created_at))
    logged = dict(rows(database, select(month, func.count()).group_by(month)))
    counted = rows(database, select(month_counts.c.month, func.sum(month_counts.c.runs)).group_by(month_counts.c.month))
    assert dict(counted) == {start.date(): runs for start, runs in logged.items()}


def test_its_budgets_stand_as_they_are_meant_to_and_have_past_periods(filled):
    database, _ = filled
    set_budgets(database, ZONE, NOW)
    states, count = BudgetStates(database).shown(NOW)
    assert count == len(WISHES)
    for wish in WISHES:
        [state] = [state for state in states if state.budget.name == wish.name]
        assert state.spent == 0 or wish.percent * Decimal("0.9") <= state.percent <= wish.percent
    assert any(state.threshold == 80 for state in states)
    assert all(BudgetStates(database).past(state) for state in states)


def test_of_its_invoices_one_agrees_and_one_is_of_a_model_that_nobody_ran_here(filled):
    database, _ = filled
    add_invoices(database, ZONE, NOW)
    found, count = InvoiceStore(database).page(None, 10, 0)
    assert count == len(BEYOND)
    beside = BesideStore(Rollups(database, ZONE))
    by = {one.provider: compare(one, beside.spent(one.provider, one.days)) for one in found}
    assert by["openrouter"].agrees and not by["openrouter"].invoice.lines
    assert by["openai"].reasons[-1] == "$0.48 of it is in models that only the invoice knows."
