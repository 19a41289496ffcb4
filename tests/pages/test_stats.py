"""The stats page: what was spent, on what, by whom, and how the runs went."""

from datetime import timedelta
from decimal import Decimal
from json import dumps

import pytest
import streamlit as st
from sqlalchemy import text

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.runs import Payer, RunStatus
from core.services.accounts import Accounts
from core.store.database import Database
from pages.components.format import literal, money_exact
from tests.fixtures.accounts import ADDRESS, PASSWORD, add_person
from tests.fixtures.frame import Browser, opened
from tests.fixtures.recorded import Recorder, put_on_record


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def bob(accounts: Accounts) -> User:
    return add_person(accounts, "bob")


@pytest.fixture
def ran(signed_in: Browser, ann: User, bob: User, database: Database) -> Recorder:
    return put_on_record(database, {ann.id: "ann", bob.id: "bob"})


def stats(browser: Browser, **query: str | list[str]):
    app = opened(browser)
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("stats.py").run()


def costing(amount, source=CostSource.COMPUTED):
    return Cost(amount=Decimal(amount), source=source)


def headlines(app):
    return {one.label: one.value for one in app.main.metric}


def charts(app):
    return [one.proto.alt for one in app.main.get("plotly_chart")]


def words(app):
    return " ".join(one.value for kind in (app.main.markdown, app.main.caption) for one in kind)


def test_before_the_first_run_the_page_teaches(signed_in, ran):
    app = stats(signed_in)
    assert "Nothing was run in this period." in words(app)
    assert not app.main.metric and not app.exception


def test_the_headlines_tell_cost_runs_tokens_failures_and_times(signed_in, ran, ann):
    ran(ann, cost=costing("1.5"))
    ran(ann, cost=costing("0.5", CostSource.ESTIMATED), status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    assert headlines(stats(signed_in)) == {
        "Cost": r"≈\$2\.00",
        "Runs": "2",
        "Tokens": "328",
        "Per 1k tokens": r"\$6\.10",
        "Failed": "50%",
        "Response time": "1.2 s",
    }


@pytest.mark.parametrize(
    ("cost", "reads"), [("999.99", r"\$999\.99"), ("12353.27", r"\$12,353"), ("1234567", r"\$1\.23M")]
)
def test_a_large_cost_keeps_to_the_digits_that_there_is_room_for(signed_in, ran, ann, cost, reads):
    ran(ann, cost=costing(cost))
    app = stats(signed_in)
    assert headlines(app)["Cost"] == reads
    assert literal(money_exact(Decimal(cost))) in app.main.metric[0].proto.help


def test_ops_see_their_own_figures_and_nobody_by_name(signed_in, ran, ann, bob):
    ran(ann, cost=costing("1"))
    ran(bob, cost=costing("2"))
    app = stats(signed_in)
    assert headlines(app)["Cost"] == r"\$1\.00"
    assert "Your runs" in words(app)
    assert "By person" not in words(app) and "bob" not in " ".join(charts(app))
    assert "By person" not in app.selectbox(key="by").options and "Tag" not in [one.label for one in app.selectbox]


@pytest.mark.parametrize("role", [Role.PM, Role.ADMIN])
def test_others_see_what_everybody_spent_and_nobodys_texts(signed_in, accounts, ran, ann, bob, role):
    accounts.set("ann", role=role)
    ran(ann, cost=costing("1"))
    ran(bob, "the merger is called off", cost=costing("2"))
    app = stats(signed_in)
    assert headlines(app)["Cost"] == r"\$3\.00"
    assert "Cost by person: bob $2.00, ann $1.00" in charts(app)
    assert "merger" not in words(app) + app.dataframe[0].value.to_string()


def test_every_chart_says_in_words_what_it_shows(signed_in, ran, ann):
    ran(ann, cost=costing("2"))
    ran(ann, cost=costing("1"), model_id="groq/llama", status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    over_time, by_model, by_provider, times, errors, rates, hours = charts(stats(signed_in))
    assert over_time.startswith("Cost by day and model: $3.00 in all; largest day: ")
    assert by_model == "Cost by model: gpt-4o-mini $2.00, llama $1.00"
    assert by_provider == "Cost by provider: OpenAI $2.00, Groq $1.00"
    assert times.endswith("llama 1.2 s, 1.2 s; gpt-4o-mini 1.2 s, 1.2 s")
    assert errors == "Failed runs by kind: Timeout 1"
    assert rates.startswith("Share of failed runs by day: at most 50% (")
    assert hours.startswith("Cost by hour of the week: at most ")


def test_the_table_says_the_same_in_exact_figures(signed_in, ran, ann):
    ran(ann, cost=costing("0.000000345"))
    ran(ann, cost=costing("1"), model_id="groq/llama")
    table = stats(signed_in).dataframe[0].value
    assert list(table["Model"]) == ["llama", "gpt-4o-mini"]
    assert [Decimal(cost) for cost in table["Cost"]] == [Decimal(1), Decimal("0.000000345")]


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ({"spent_on": "groq/llama"}, r"\$1\.00"),
        ({"spent_at": "OpenAI"}, r"\$2\.00"),
        ({"period": "Last 7 days"}, r"\$3\.00"),
        ({"period": "This year"}, r"\$3\.00"),
        ({"period": "no such period"}, r"\$3\.00"),
    ],
)
def test_the_url_says_what_is_counted(signed_in, ran, ann, query, cost):
    ran(ann, cost=costing("2"))
    ran(ann, cost=costing("1"), model_id="groq/llama")
    assert headlines(stats(signed_in, **query))["Cost"] == cost


def test_where_nothing_was_charged_the_charts_count_runs(signed_in, ran, ann):
    ran(ann, cost=costing("0"), model_id="local/smollm2-135m")
    assert "Runs by model: smollm2-135m 1" in charts(stats(signed_in))


def test_the_charts_can_count_runs_or_tokens_instead(signed_in, ran, ann):
    ran(ann, cost=costing("2"))
    assert "Tokens by model: gpt-4o-mini 164" in charts(stats(signed_in, measure="Tokens"))


def test_days_that_are_not_chosen_yet_stand_for_the_last_thirty(signed_in, ran):
    app = stats(signed_in, period="Between two days")
    assert "Nothing was run" in words(app)
    assert not app.exception


@pytest.fixture
def pm(accounts, ann):
    accounts.set("ann", role=Role.PM)
    return ann


def tag_runs_of(database, user, **tags):
    statement = text("UPDATE llm_usage_logs SET tags = CAST(:tags AS jsonb) WHERE user_id = :user")
    database.call(lambda connection: connection.execute(statement, {"tags": dumps(tags), "user": user.id}))
    st.cache_data.clear()


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("By model", ["Model", "Provider"]),
        ("By provider", ["Provider"]),
        ("By person", ["Person"]),
        ("By tag team", ["Team"]),
        ("By nothing there is", ["Model", "Provider"]),
    ],
)
def test_the_breakdown_is_that_of_the_chart_and_of_the_table(signed_in, ran, pm, bob, database, by, keys):
    ran(pm, cost=costing("1"))
    ran(bob, cost=costing("2"))
    tag_runs_of(database, bob, team="red")
    app = stats(signed_in, by=by)
    assert list(app.dataframe[0].value.columns[1 : 1 + len(keys)]) == keys
    assert f"by day and {keys[0].lower()}:" in charts(app)[0]


def test_what_carries_no_tag_is_told_too(signed_in, ran, pm, bob, database):
    ran(pm, cost=costing("1"))
    ran(bob, cost=costing("2"))
    tag_runs_of(database, bob, team="red")
    told = charts(stats(signed_in, by="By tag team"))
    assert told[0].startswith("Cost by day and team: $3.00 in all; ")
    assert told[1] == "Cost by team: red $2.00, No team $1.00"


def test_a_tag_can_be_chosen_and_is_told_by_neither_person_nor_tag(signed_in, ran, pm, bob, database):
    ran(pm, cost=costing("1"))
    ran(bob, cost=costing("2"))
    tag_runs_of(database, bob, team="red")
    app = stats(signed_in, spent_for="team=red", by="By person")
    assert headlines(app)["Cost"] == r"\$2\.00"
    assert app.selectbox(key="by").options == ["By model", "By provider"]
    assert literal("team=red") in app.caption[0].value


def test_filters_are_told_and_can_be_taken_away(signed_in, ran, ann):
    ran(ann, cost=costing("2"))
    ran(ann, cost=costing("1"), model_id="groq/llama")
    app = stats(signed_in, spent_on="groq/llama")
    assert literal("groq/llama") in app.caption[0].value
    app = next(button for button in app.button if button.label == "Reset").click().run()
    assert headlines(app)["Cost"] == r"\$3\.00"
    assert "Reset" not in [button.label for button in app.button]


@pytest.mark.parametrize(
    ("period", "offered", "usual"),
    [
        ("Last 7 days", ["Hourly", "Daily"], "Daily"),
        ("Last 30 days", ["Daily", "Weekly"], "Daily"),
        ("Last 12 months", ["Daily", "Weekly", "Monthly"], "Weekly"),
    ],
)
def test_only_slices_that_make_sense_are_offered(signed_in, ran, ann, period, offered, usual):
    ran(ann)
    slices = stats(signed_in, period=period).selectbox(key="per")
    assert (slices.options, slices.proto.placeholder) == (offered, usual)


def test_slices_that_are_not_offered_give_way_to_the_usual_ones(signed_in, ran, ann):
    ran(ann)
    assert charts(stats(signed_in, period="Last 30 days", per="Hourly"))[0].startswith("Cost by day and model")
    assert charts(stats(signed_in, period="Last 7 days", per="Hourly"))[0].startswith("Cost by hour and model")


def test_what_was_paid_with_own_keys_is_told_apart(signed_in, ran, ann):
    ran(ann)
    assert "own keys" not in words(stats(signed_in))
    ran(ann, paid_by=Payer.OWN)
    st.cache_data.clear()
    assert "on own keys" in words(stats(signed_in))


def test_what_is_estimated_and_what_is_unknown_is_told_quietly(signed_in, ran, ann):
    ran(ann, cost=costing("3"))
    ran(ann, cost=costing("1", CostSource.ESTIMATED))
    ran(ann, cost=UNKNOWN)
    assert "25% estimated, 1 run not priced" in words(stats(signed_in))


@pytest.mark.parametrize(("weeks", "told"), [(1, "once there are 4 weeks of runs"), (5, "in the last 5 weeks")])
def test_the_end_of_the_month_is_foretold_where_enough_is_known(signed_in, ran, ann, weeks, told):
    now = ran.clock
    ran.clock = now - timedelta(weeks=weeks)
    ran(ann, cost=costing("1"))
    ran.clock = now
    ran(ann, cost=costing("1"))
    assert told in words(stats(signed_in))
    assert "will end" not in words(stats(signed_in, spent_on="openai/gpt-4o-mini"))
    assert "will end" not in words(stats(signed_in, period="Last month"))


def test_more_days_than_can_be_told_are_refused_in_plain_words(signed_in, ran, ann):
    ran(ann)
    app = stats(signed_in, period="Between two days", between=["2019-01-01", "2026-01-01"])
    assert "no more than three years apart" in app.info[0].value
    assert not app.main.metric


@pytest.mark.parametrize(
    ("role", "whose", "leads"),
    [(Role.OPS, "ann", True), (Role.PM, "ann", True), (Role.PM, "bob", False), (Role.ADMIN, "bob", True)],
)
def test_headlines_lead_to_runs_that_may_be_read(signed_in, accounts, ran, ann, bob, role, whose, leads):
    accounts.set("ann", role=role)
    ran({"ann": ann, "bob": bob}[whose])
    links = [button for button in stats(signed_in).button if button.label == "See the runs"]
    assert bool(links) == leads
