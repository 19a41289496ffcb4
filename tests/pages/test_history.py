"""The history page: the own runs to scan, and each of them whole."""

from uuid import uuid4

import pytest

from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.pricing import FALLBACK, UNKNOWN, cost_of
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from core.services.accounts import Accounts
from core.store.database import Database
from tests.fixtures.accounts import ADDRESS, PASSWORD, add_person
from tests.fixtures.frame import Browser, opened
from tests.fixtures.recorded import Recorder, put_on_record

HOSTILE = "<script>alert(1)</script> ![x](http://elsewhere/?q=secret) $5 and $7"


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def bob(accounts: Accounts) -> User:
    return add_person(accounts, "bob")


@pytest.fixture
def ran(signed_in: Browser, database: Database) -> Recorder:
    return put_on_record(database, {})


def history(browser: Browser, **query: str):
    app = opened(browser)
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("history.py").run()


def texts(app):
    kinds = (app.main.markdown, app.main.caption, app.main.code, app.main.info, app.main.error)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def labels(app):
    return [one.label for one in app.main.button]


def test_before_the_first_run_the_page_teaches(signed_in, ran):
    app = history(signed_in)
    assert "Every run stands here" in texts(app)
    assert not app.dataframe and not app.exception


def test_the_own_runs_are_listed_newest_first_and_nobody_elses(signed_in, ran, ann, bob):
    ran(ann, "first")
    ran(bob, "not yours")
    ran(ann, "second", cost=UNKNOWN, status=RunStatus.UNKNOWN)
    table = history(signed_in).dataframe[0].value
    assert list(table["Prompt"]) == ["second", "first"]
    assert list(table["Cost"]) == ["–", "$0.0000786"]
    assert list(table["Status"]) == ["Unknown", "✓"]


def test_what_is_estimated_is_marked(signed_in, ran, ann):
    ran(ann, cost=cost_of(Usage(input_tokens=44, output_tokens=120), FALLBACK, reported=True))
    assert list(history(signed_in).dataframe[0].value["Cost"]) == ["≈$0.000202"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"model": "groq/llama"}, ["stars"]),
        ({"provider": "Groq"}, ["stars"]),
        ({"status": "Failed"}, ["tides"]),
        ({"q": "TIDE"}, ["tides"]),
        ({"days": "2020-01-01"}, None),
        ({"model": "nobody/knows"}, ["stars", "tides"]),
        ({"older": "no position", "newer": "2026-01-01~x"}, ["stars", "tides"]),
    ],
)
def test_the_url_says_which_runs_are_seen(signed_in, ran, ann, query, found):
    ran(ann, "tides", status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    ran(ann, "stars", model_id="groq/llama")
    tables = history(signed_in, **query).dataframe
    assert (list(tables[0].value["Prompt"]) if tables else None) == found


def test_filters_that_fit_nothing_can_be_cleared_at_once(signed_in, ran, ann):
    ran(ann)
    app = history(signed_in, q="no such words")
    assert "No run fits these filters." in texts(app)
    next(one for one in app.main.button if one.label == "Clear filters").click().run()
    assert len(app.dataframe[0].value) == 1
    assert "q" not in app.query_params


def test_older_and_newer_runs_are_a_click_away(signed_in, ran, ann):
    for number in range(51):
        ran(ann, f"run {number}")
    app = history(signed_in)
    assert app.dataframe[0].value["Prompt"].iloc[-1] == "run 1"
    next(one for one in app.main.button if one.label == "Older").click().run()
    assert list(app.dataframe[0].value["Prompt"]) == ["run 0"]
    next(one for one in app.main.button if one.label == "Newer").click().run()
    assert app.dataframe[0].value["Prompt"].iloc[0] == "run 50"


def test_an_opened_run_shows_everything(signed_in, ran, ann):
    run = ran(ann, "Why is the sky blue?", reasoning="Light scatters.", notices=("The temperature was left out.",))
    app = history(signed_in, run=str(run.run_id))
    shown = texts(app)
    for part in ("Why is the sky blue?", "Because of Rayleigh scattering.", "Light scatters.", "was left out"):
        assert part in shown
    assert r"44 in · 120 out · \$0\.0000786" in shown and "temperature 0" in shown
    assert list(app.table[0].value["Part"]) == ["Input", "Output", "**Sum**"]
    assert "Close" in labels(app)


def test_closing_a_run_leaves_the_list(signed_in, ran, ann):
    app = history(signed_in, run=str(ran(ann).run_id))
    next(one for one in app.main.button if one.label == "Close").click().run()
    assert "run" not in app.query_params
    assert not app.table and app.dataframe


@pytest.mark.parametrize("asked", ["bobs", "nobodys", "no id"])
def test_a_run_that_is_not_ones_own_does_not_exist(signed_in, ran, bob, asked):
    ids = {"bobs": str(ran(bob, "not yours").run_id), "nobodys": str(uuid4()), "no id": "../../etc"}
    app = history(signed_in, run=ids[asked])
    assert "There is no such run in your history." in texts(app)
    assert "not yours" not in texts(app)


def test_texts_that_were_cleared_are_said_to_be_and_the_figures_stay(signed_in, ran, ann):
    run = ran(ann, "forget me")
    ran.ledger.clear_texts(run.ended_at.replace(year=run.ended_at.year + 1))
    app = history(signed_in, run=str(run.run_id))
    assert "were cleared" in texts(app) and "forget me" not in texts(app)
    assert r"\$0\.0000786" in texts(app)
    assert list(app.dataframe[0].value["Prompt"]) == ["–"]


def test_a_hostile_prompt_is_shown_as_text(signed_in, ran, ann):
    run = ran(ann, HOSTILE, status=RunStatus.ERROR, error_code=FaultCode.PROVIDER, error_message=HOSTILE)
    app = history(signed_in, run=str(run.run_id))
    assert [one.value for one in app.main.code] == [HOSTILE]
    assert "](http" not in app.main.error[0].value
    assert not any(one.allow_html for one in app.main.markdown)
