"""The history page: the own runs to scan, and each of them whole."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.pricing import FALLBACK, UNKNOWN, cost_of
from core.domain.runs import Payer, RunStatus
from core.domain.usage import Usage
from core.services.accounts import Accounts
from core.store.database import Database
from core.store.tables import llm_usage_logs
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
def ran(signed_in: Browser, database: Database, ann: User, bob: User) -> Recorder:
    return put_on_record(database, {ann.id: "Ann", bob.id: "Bob"})


def history(browser: Browser, **query: str):
    app = opened(browser)
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("history.py").run()


def texts(app):
    kinds = (app.main.markdown, app.main.caption, app.main.code, app.main.info, app.main.error)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def press(app, label):
    next(one for one in app.main.button if one.label == label).click().run()


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


def test_a_run_that_its_user_paid_for_says_so(signed_in, ran, ann):
    ran(ann, paid_by=Payer.OWN)
    ran(ann)
    assert list(opened(signed_in, "history").dataframe[0].value["Status"]) == ["✓", "✓ · own key"]


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
        ({"tag": "team=red"}, ["tides"]),
        ({"tag": "team=blue"}, None),
        ({"whose": "all"}, ["stars", "tides"]),
        ({"whose": "all", "person": "bob"}, ["stars", "tides"]),
        ({"jump": "2020-01-01"}, None),
        ({"jump": "2090-01-01"}, ["stars", "tides"]),
        ({"model": "nobody/knows"}, ["stars", "tides"]),
        ({"error": "Timeout"}, ["tides"]),
        ({"status": "Failed", "error": "Overloaded"}, None),
        ({"older": "no position", "newer": "2026-01-01~x"}, ["stars", "tides"]),
    ],
)
def test_the_url_says_which_runs_are_seen(signed_in, ran, ann, bob, database, query, found):
    tagged = ran(ann, "tides", status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    change = update(llm_usage_logs).where(llm_usage_logs.c.id == tagged.run_id).values(tags={"team": "red"})
    database.call(lambda connection: connection.execute(change))
    ran(bob, "not yours")
    ran(ann, "stars", model_id="groq/llama")
    tables = history(signed_in, **query).dataframe
    assert (list(tables[0].value["Prompt"]) if tables else None) == found


def test_a_search_says_since_when_it_finds_texts_and_what_it_cannot_find(signed_in, ran, ann):
    ran(ann, "tides")
    assert "Prompts are searched from" in texts(history(signed_in, q="tid"))
    assert "Prompts are searched" not in texts(history(signed_in))
    nothing = history(signed_in, q="?! …")
    assert "There is no word in this search." in texts(nothing)
    assert "Clear filters" in labels(nothing)


def test_a_tag_that_is_none_is_told(signed_in, ran, ann):
    ran(ann)
    app = history(signed_in, tag="team red")
    assert [one.value for one in app.main.warning] == ["Write a tag as name=value, for example team=support."]
    assert not app.dataframe


def test_a_jump_filters_nothing_and_the_end_says_so(signed_in, ran, ann):
    ran(ann, "first")
    app = history(signed_in)
    assert "this is the end" in texts(app)
    app = history(signed_in, jump="2020-01-01")
    assert "No run lies on this side" in texts(app)
    press(app, "Newer")
    assert list(app.dataframe[0].value["Prompt"]) == ["first"]
    assert app.query_params["jump"] == "2020-01-01"
    press(app, "Go there again")
    assert "No run lies on this side" in texts(app)


def test_only_administrators_are_asked_whose_runs(signed_in, ran, ann, bob):
    ran(bob, "his")
    app = history(signed_in, whose="all")
    assert not app.button_group and not app.dataframe
    assert "Person" not in [box.label for box in app.selectbox]


def test_an_administrator_reads_everybodys_runs_and_whose_they_are(signed_in, accounts, ran, ann, bob):
    accounts.set("ann", role=Role.ADMIN)
    ran(ann, "mine")
    his = ran(bob, "his")
    app = history(signed_in)
    assert list(app.dataframe[0].value["Prompt"]) == ["mine"]
    app.button_group[0].set_value("all").run()
    assert app.query_params["whose"] == "all"
    assert list(app.dataframe[0].value["Person"]) == ["Bob", "Ann"]
    assert list(app.dataframe[0].value["Prompt"]) == ["his", "mine"]
    only = history(signed_in, whose="all", person="Bob", run=str(his.run_id))
    assert list(only.dataframe[0].value["Prompt"]) == ["his"]
    assert "Bob · OpenAI" in texts(only)
    assert "Download" not in str(only.main)


def test_two_runs_stand_side_by_side_with_their_differences(signed_in, ran, ann):
    first = ran(ann, "Why is the sky blue?", text="Because of light.")
    second = ran(ann, "Why is the sky red?", text="Because of dust.", model_id="groq/llama")
    app = history(signed_in, compare=str(first.run_id), run=str(second.run_id))
    shown = texts(app)
    assert ":red-background[blue]" in shown and ":green-background[red]" in shown
    assert ":red-background[light]" in shown and ":green-background[dust]" in shown
    figures = app.table[0].value.set_index("Figure")
    assert list(figures.loc["Model"]) == [r"**openai\/gpt\-4o\-mini**", r"**groq\/llama**"]
    assert list(figures.loc["Tokens out"]) == ["120", "120"]
    press(app, "Close")
    assert app.dataframe and not {"compare", "run"} & set(app.query_params)


def test_what_is_the_same_is_shown_once_and_a_cleared_text_is_told(signed_in, ran, ann):
    first, second = ran(ann), ran(ann)
    app = history(signed_in, compare=str(first.run_id), run=str(second.run_id))
    assert "**Answer** – the same in both" in texts(app)
    assert "-background" not in texts(app)
    ran.ledger.clear_texts(first.ended_at + timedelta(minutes=9))
    cleared = history(signed_in, compare=str(first.run_id), run=str(second.run_id))
    assert texts(cleared).count("were cleared") == 4


def test_a_long_text_is_compared_at_its_beginning_and_that_is_told(signed_in, ran, ann):
    first, second = ran(ann, text="word " * 20_000), ran(ann, text="word " * 20_000 + "end")
    app = history(signed_in, compare=str(first.run_id), run=str(second.run_id))
    assert "compared in their first 10,000 characters" in texts(app)
    assert max(len(one.value) for one in app.main.markdown) < 20_000


def test_an_opened_run_can_be_held_to_compare_it_with_any_other(signed_in, ran, ann):
    first, second = ran(ann, "one"), ran(ann, "two")
    app = history(signed_in, run=str(first.run_id))
    press(app, "Compare with …")
    assert app.query_params["compare"] == str(first.run_id) and "run" not in app.query_params
    assert "Open the run to compare with" in texts(app)
    app.query_params["run"] = str(second.run_id)
    app.run()
    assert ":red-background[one]" in texts(app)
    held = history(signed_in, compare=str(first.run_id))
    press(held, "Do not compare")
    assert "compare" not in held.query_params


def test_nobody_compares_with_what_is_not_ones_own(signed_in, ran, ann, bob):
    mine, his = ran(ann, "mine"), ran(bob, "not yours")
    app = history(signed_in, compare=str(mine.run_id), run=str(his.run_id))
    assert "There is no such run in your history." in texts(app) and "not yours" not in texts(app)
    press(app, "Back to the list")
    assert app.dataframe


def test_a_hostile_text_stays_text_in_a_comparison(signed_in, ran, ann):
    first, second = ran(ann, HOSTILE, text=HOSTILE), ran(ann, "mild", text="mild")
    app = history(signed_in, compare=str(first.run_id), run=str(second.run_id))
    assert "](http" not in texts(app)
    assert texts(app).count("<script") == texts(app).count(r"\<script") > 0
    assert not any(one.allow_html for one in app.main.markdown)


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


def test_the_kind_of_error_can_be_chosen_where_failed_runs_are(signed_in, ran, ann):
    ran(ann, "tides", status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    offered = [
        {one.label for one in history(signed_in, **query).main.selectbox} for query in ({}, {"status": "Failed"})
    ]
    assert ["Kind of error" in labels for labels in offered] == [False, True]
