"""The stats page: what was spent, on what, by whom, and how the runs went."""

from decimal import Decimal

import pytest

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.pricing import Cost, CostSource
from core.domain.runs import RunStatus
from core.services.accounts import Accounts
from core.store.database import Database
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


def stats(browser: Browser, **query: str):
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
        "Failed": "50%",
        "Response time": "1.2 s",
    }


def test_ops_see_their_own_figures_and_nobody_by_name(signed_in, ran, ann, bob):
    ran(ann, cost=costing("1"))
    ran(bob, cost=costing("2"))
    app = stats(signed_in)
    assert headlines(app)["Cost"] == r"\$1\.00"
    assert "Your runs" in words(app)
    assert "By person" not in words(app) and "bob" not in " ".join(charts(app))


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
    by_day, by_model, by_provider, times, errors = charts(stats(signed_in))
    assert by_day.startswith("Cost by day and model, ") and "$3.00 in all" in by_day
    assert by_model == "Cost by model: openai/gpt-4o-mini $2.00, groq/llama $1.00"
    assert by_provider == "Cost by provider: OpenAI $2.00, Groq $1.00"
    assert times.endswith("groq/llama 1.2 s, 1.2 s; openai/gpt-4o-mini 1.2 s, 1.2 s")
    assert errors == "Failed runs by kind: Timeout 1"


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
        ({"period": "no such period"}, r"\$3\.00"),
    ],
)
def test_the_url_says_what_is_counted(signed_in, ran, ann, query, cost):
    ran(ann, cost=costing("2"))
    ran(ann, cost=costing("1"), model_id="groq/llama")
    assert headlines(stats(signed_in, **query))["Cost"] == cost


def test_where_nothing_was_charged_the_charts_count_runs(signed_in, ran, ann):
    ran(ann, cost=costing("0"), model_id="local/smollm2-135m")
    assert "Runs by model: local/smollm2-135m 1" in charts(stats(signed_in))


def test_the_charts_can_count_runs_or_tokens_instead(signed_in, ran, ann):
    ran(ann, cost=costing("2"))
    assert "Tokens by model: openai/gpt-4o-mini 164" in charts(stats(signed_in, measure="Tokens"))


def test_days_that_are_not_chosen_yet_stand_for_the_last_thirty(signed_in, ran):
    app = stats(signed_in, period="Between two days")
    assert "Nothing was run" in words(app)
    assert not app.exception
