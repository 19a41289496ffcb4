"""The playground, as Streamlit's own test harness runs it: a whole lab behind it, and simulated providers."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from core import lab as lab_module
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.budgets import BudgetPeriod, BudgetScope, Plan
from core.domain.chat import MAX_MESSAGES
from core.domain.queries import HistoryFilter
from core.domain.runs import Payer, RunOrigin, RunRecord
from core.domain.templates import BUILT_IN
from core.lab import Lab
from core.services.runs import LiveRun
from core.settings import ROOT
from core.store.ledger import Ledger
from pages.components import session
from pages.components.conversation import Conversation, Turn
from tests.fixtures.accounts import ADDRESS, AGENT
from tests.fixtures.database import copied
from tests.fixtures.lab import KEY, add_user, calls, ended, request, running_lab
from tests.fixtures.runs import NOW, admission, record
from tests.simulator import Simulator

ECHO, LONG = "sim/echo", "sim/words?n=5000&rate=100"
LISTED = (
    ECHO,
    LONG,
    "sim/words?n=40&rate=40",
    "sim/words?n=4&reasoning=6",
    "sim/words?n=0",
    "sim/error-429?retry_after=7",
    "sim/error-400",
    "sim/truncated",
)
MANAGE = ":material/settings: Your templates"
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(listed=LISTED) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def lab(postgres_url, migrated_template, simulator, tmp_path_factory) -> Iterator[Lab]:
    """One lab for all; each test brings a person of its own."""
    with (
        copied(postgres_url, migrated_template) as url,
        running_lab(url, simulator, tmp_path_factory.mktemp("lab")) as lab,
    ):
        lab_module.install(lab)
        wait_for(lambda: {"openai", "openrouter", "anthropic"} <= {m.provider for m in lab.models.all() if m.listed})
        wait_for(lambda: {f"openai/{ECHO}", f"local/{ECHO}"} <= {model.id for model in lab.models.all()})
        yield lab
        lab_module.install(None)


@pytest.fixture
def ann(lab) -> User:
    return somebody(lab)


@pytest.fixture
def open_as(lab, monkeypatch) -> Open:
    """Opens the playground for somebody who is signed in, with a run in the URL if one is given."""

    def open_page(user: User, run: object = None) -> AppTest:
        token = lab.accounts.open_session(user, ADDRESS, AGENT)
        monkeypatch.setattr(session, "token", lambda: token)
        app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=20)
        if run:
            app.query_params["run"] = str(run)
        return app.run()

    return open_page


@pytest.fixture
def app(open_as, ann) -> AppTest:
    """The playground as it stands before the first prompt."""
    return open_as(ann)


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def somebody(lab: Lab, tier: Tier = Tier.ENTERPRISE, role: Role = Role.OPS) -> User:
    return add_user(lab, f"ann-{uuid4().hex[:8]}", tier, role)


def choose(app: AppTest, model_id: str) -> AppTest:
    return app.selectbox(key="model_id").set_value(model_id).run()


def send(app: AppTest, prompt: str = "Why is the sky blue?", model_id: str | None = None) -> AppTest:
    """Put a prompt and wait until the answer is complete."""
    if model_id:
        choose(app, model_id)
    return app.chat_input[0].set_value(prompt).run()


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label.replace("\\", "") == label]
    return button.click().run()


def parameters_button(app: AppTest) -> str:
    """What the button of the parameters says."""
    return next(block.proto.popover.label for block in app.get("popover") if block.slider)


def written(app: AppTest) -> str | None:
    """What stands in the composer."""
    return app.chat_input[0].value


def shown(app: AppTest) -> str:
    """All that the page says, its bookkeeping aside."""
    kinds = (app.markdown, app.caption, app.text, app.error, app.warning, app.info, app.toast, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def answers(app: AppTest) -> list[str]:
    """The text of each answer."""
    said = [message for message in app.chat_message if message.name == "assistant"]
    return ["".join(block.value for block in message.markdown).strip() for message in said]


def prompts(app: AppTest) -> list[str]:
    """The prompts that were sent."""
    return [message.text[0].value for message in app.chat_message if message.name == "user"]


def sent(simulator: Simulator) -> dict:
    """What the provider was sent last."""
    return calls(simulator)[-1].body


def conversation_sent(simulator: Simulator) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in sent(simulator)["messages"]]


def begin(lab: Lab, user: User, model_id: str = f"openai/{LONG}") -> LiveRun:
    """Start a run as the playground does, and wait for its first word."""
    run = lab.runs.start(user, request(model_id), RunOrigin.PLAYGROUND)
    next(deltas for deltas in run.follow() if deltas)
    return run


def stop_soon(lab: Lab, user: User) -> Thread:
    """Stop the user's run as soon as its first words are there, while the page follows it."""

    def stop() -> None:
        wait_for(lambda: any(run.tally.deltas for run in lab.runs.live(user)))
        lab.runs.stop_all(user)

    thread = Thread(target=stop)
    thread.start()
    return thread


def release_when_followed(run: LiveRun, simulator: Simulator) -> Thread:
    """Let a held answer go on as soon as somebody follows the run anew."""
    before = run.followed

    def release() -> None:
        wait_for(lambda: run.followed > before)
        simulator.release()

    thread = Thread(target=release)
    thread.start()
    return thread


def recorded(lab: Lab, user: User) -> list[RunRecord]:
    """The user's runs as they are recorded, newest first."""
    return [lab.history.open(user, row.id) for row in lab.history.page(user, HistoryFilter()).rows]


# before the first prompt


def test_the_empty_page_offers_templates_and_one_click_fills_the_composer(app):
    press(app, "Code a Function")
    assert not app.exception
    assert written(app) == next(template.prompt for template in BUILT_IN if template.id == "code-function")
    assert app.chat_message == []


def test_each_of_the_ten_templates_can_be_put_into_the_composer(app):
    (menu,) = app.get("menu_button")
    assert menu.options == [*(template.name for template in BUILT_IN), MANAGE]
    for template in BUILT_IN:
        app.get("menu_button")[0].click(template.id).run()
        assert written(app) == template.prompt


def test_a_small_model_that_can_be_used_is_chosen_to_begin_with(app, open_as, lab):
    assert app.selectbox(key="model_id").value == "openai/gpt-4o-mini"
    assert open_as(somebody(lab, Tier.STARTER)).selectbox(key="model_id").value == "groq/llama-3.1-8b-instant"


def test_a_model_is_listed_with_provider_prices_and_context(app):
    assert "gpt-4o-mini · OpenAI · $0.15 in, $0.60 out · 128k" in app.selectbox(key="model_id").options


@pytest.mark.parametrize(("role", "tier"), [*zip(Role, Tier, strict=False), (Role.OPS, Tier.ENTERPRISE)])
def test_the_playground_is_there_for_everybody(open_as, lab, role, tier):
    app = send(open_as(somebody(lab, tier, role)), model_id=f"local/{ECHO}")
    assert not app.exception
    assert answers(app) == ["Why is the sky blue?"]


# templates of one's own


def fill(app: AppTest, label: str, text: str) -> None:
    (field,) = [field for field in (*app.text_input, *app.text_area) if field.label == label]
    field.set_value(text)


def manage(app: AppTest) -> AppTest:
    return app.get("menu_button")[0].click("manage").run()


def own(lab: Lab, user: User) -> dict[str, str]:
    """The prompts of the user's own templates, by name."""
    return {template.name: template.prompt for template in lab.templates.of(user) if template.own}


def labels(app: AppTest) -> set[str]:
    return {button.label.replace("\\", "") for button in app.button}


def test_the_prompt_that_was_sent_is_saved_under_a_name_and_offered_from_then_on(app, lab, ann):
    send(app, "Write *release* notes", f"openai/{ECHO}")
    press(app, "Save as template")
    assert [area.value for area in app.text_area if area.label == "Prompt"] == ["Write *release* notes"]
    fill(app, "Name", "  Our  *notes* ")
    press(app, "Save")
    assert not app.exception
    assert own(lab, ann) == {"Our *notes*": "Write *release* notes"}
    assert "“Our *notes*” is saved." in shown(app)
    assert "Save" not in labels(app)
    assert app.get("menu_button")[0].options[-2] == r":material/bookmark: Our \*notes\*"
    app.get("menu_button")[0].click(lab.templates.titles(ann)[-1].id).run()
    assert written(app) == "Write *release* notes"


def test_own_templates_are_the_first_that_the_empty_page_offers(lab, ann, open_as):
    lab.templates.save(ann, "Zebra", "Draw a zebra.")
    app = press(open_as(ann), "Zebra")
    assert written(app) == "Draw a zebra."
    assert [button.label for button in app.main.button][:2] == ["Zebra", BUILT_IN[0].name]
    assert "Zebra" not in labels(open_as(somebody(lab)))


def test_the_prompt_can_be_changed_before_it_is_saved(app, lab, ann):
    press(send(app, "Sum up Monday", f"openai/{ECHO}"), "Save as template")
    fill(app, "Name", "Day")
    fill(app, "Prompt", "Sum up the day")
    press(app, "Save")
    assert own(lab, ann) == {"Day": "Sum up the day"}


def test_a_name_that_will_not_do_is_told_and_nothing_is_saved(app, lab, ann):
    press(send(app, "One", f"openai/{ECHO}"), "Save as template")
    press(app, "Save")
    assert "name of 1 to 60" in app.error[0].value
    fill(app, "Name", "Write a poem")
    press(app, "Save")
    assert "comes with the lab" in app.error[0].value
    assert own(lab, ann) == {}


def test_a_taken_name_is_told_and_one_click_replaces_what_has_it(lab, ann, open_as):
    lab.templates.save(ann, "Notes", "One.")
    app = send(open_as(ann), "Two.", f"openai/{ECHO}")
    press(app, "Save as template")
    fill(app, "Name", "Notes")
    press(app, "Save")
    assert "already. Choose another name, or replace it." in app.error[0].value
    assert own(lab, ann) == {"Notes": "One."}
    press(app, "Replace “Notes”")
    assert own(lab, ann) == {"Notes": "Two."}
    assert not app.exception


def test_without_templates_of_ones_own_the_page_tells_how_to_get_one(app):
    assert "Send one, then choose **Save as template**" in shown(manage(app))


def test_a_template_is_renamed(lab, ann, open_as):
    lab.templates.save(ann, "Notes", "One.")
    app = press(manage(open_as(ann)), "Rename")
    press(app, "Cancel")
    press(app, "Rename")
    fill(app, "New name", "Letters")
    press(app, "Rename")
    assert own(lab, ann) == {"Letters": "One."}
    assert "**Letters**" in shown(app)
    assert "New name" not in [field.label for field in app.text_input]


def test_a_template_is_not_renamed_to_what_another_is_called(lab, ann, open_as):
    lab.templates.save(ann, "Notes", "One.")
    lab.templates.save(ann, "Sketch", "Two.")
    app = manage(open_as(ann))
    app.button(key=f"rename-{lab.templates.titles(ann)[-1].id}").click().run()
    fill(app, "New name", "notes")
    next(button for button in app.button if button.label == "Rename" and button.form_id).click().run()
    assert "already" in app.error[0].value
    assert own(lab, ann) == {"Notes": "One.", "Sketch": "Two."}


def test_a_template_is_deleted_and_one_click_brings_it_back(lab, ann, open_as):
    lab.templates.save(ann, "Notes", "One.", "release", "What changed")
    app = press(manage(open_as(ann)), "Delete")
    assert own(lab, ann) == {}
    assert "“Notes” is deleted." in shown(app)
    press(app, "Undo")
    (back,) = [template for template in lab.templates.of(ann) if template.own]
    assert (back.name, back.prompt, back.category, back.description) == ("Notes", "One.", "release", "What changed")
    assert "is deleted" not in shown(app)


def test_a_template_that_another_tab_has_deleted_is_missed_in_plain_words(lab, ann, open_as):
    saved = lab.templates.save(ann, "Notes", "One.")
    app = manage(open_as(ann))
    lab.templates.remove(ann, saved.id)
    press(app, "Notes")
    assert "no longer there" in shown(app)
    assert not written(app)
    press(app, "Delete")
    assert "**Save as template**" in shown(app)
    assert not app.exception


# tags


def tags_button(app: AppTest) -> str:
    """What the button of the tags says."""
    return next(block.proto.popover.label for block in app.get("popover") if block.selectbox)


def tag(app: AppTest, others: tuple[str, ...] = (), **texts: str) -> AppTest:
    """Write into the fields of the tags what need not be offered."""
    for name, text in [*texts.items(), *enumerate(others)]:
        field = app.selectbox(key=f"tag_{name}")
        field.options.append(text)  # the harness sends nothing else
        field.set_value(text).run()
    return app


def test_tags_are_recorded_with_the_runs_to_come_and_the_button_tells_them(app, lab, ann, simulator):
    assert tags_button(app) == "Tags"
    tag(app, team="support", project="Project *Apollo* of the north", others=("Ticket: 4711", "tester: ann"))
    assert tags_button(app) == r"Tags · support · Project \*Apollo\* of… · 4711 · 1 more"
    send(app, "One", f"openai/{ECHO}")
    send(app, "Two")
    for run in recorded(lab, ann):
        assert run.tags == {
            "team": "support",
            "project": "Project *Apollo* of the north",
            "ticket": "4711",
            "tester": "ann",
        }
    assert "support" not in str(sent(simulator))
    assert not app.exception


def test_without_tags_none_are_recorded(app, lab, ann):
    send(app, "One", f"openai/{ECHO}")
    assert [run.tags for run in recorded(lab, ann)] == [{}]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"team": "x" * 61}, "Write 1 to 60 characters that can be seen"),
        ({"others": ("4711",)}, "Write the tag “4711” as name: value, for example ticket: 4711."),
        ({"others": ("<b>: 1",)}, "A tag cannot be called “<b>”."),
        ({"team": "support", "others": ("team: sales",)}, "The tag “team” has more than one value."),
        ({"team": "x", "others": tuple(f"t{number}: x" for number in range(8))}, "A run bears at most 8 tags."),
    ],
)
def test_a_tag_that_will_not_do_is_told_beside_its_field_and_nothing_is_sent(app, lab, ann, texts, words):
    tag(app, **texts)
    (error,) = app.error
    assert error.value.replace("\\", "").startswith(words)
    assert tags_button(app) == "Tags · to be corrected"
    send(app, "One", f"openai/{ECHO}")
    assert words in shown(app)
    assert (written(app), recorded(lab, ann)) == ("One", [])


def test_all_tags_are_removed_and_one_click_brings_them_back(app, lab, ann):
    tag(app, team="support", others=("ticket: 4711",))
    press(app, "Remove all tags")
    assert tags_button(app) == "Tags"
    press(app, "Bring them back")
    assert tags_button(app) == "Tags · support · 4711"
    assert "Bring them back" not in labels(app)


def test_tags_that_were_used_before_are_offered(lab, ann, open_as):
    for who, tags in ((ann, {"team": "support", "ticket": "4711"}), (somebody(lab), {"team": "secret"})):
        ended(lab.runs.start(who, request(f"openai/{ECHO}"), RunOrigin.API, tags=tags))
    lab.runs.catch_up(ann)
    app = open_as(ann)
    assert app.selectbox(key="tag_team").options == ["support"]
    assert app.selectbox(key="tag_0").options == ["ticket: 4711"]
    app.selectbox(key="tag_team").set_value("support")
    app.selectbox(key="tag_0").set_value("ticket: 4711")
    send(app, "One", f"openai/{ECHO}")
    assert recorded(lab, ann)[0].tags == {"team": "support", "ticket": "4711"}


def test_a_new_team_that_looks_like_one_of_before_may_be_a_slip_and_one_click_makes_it_good(lab, ann, open_as):
    ended(lab.runs.start(ann, request(f"openai/{ECHO}"), RunOrigin.API, tags={"team": "*support*"}))
    lab.runs.catch_up(ann)
    app = tag(open_as(ann), team="*sup")
    assert tags_button(app) == r"Tags · \*sup"
    press(app, "Did you mean “*support*”?")
    assert tags_button(app) == r"Tags · \*support\*"
    assert not any(label.startswith("Did you mean") for label in labels(app))


def test_a_product_manager_is_offered_what_anybody_used(lab, ann, open_as):
    team = f"team of {ann.username}"
    ended(lab.runs.start(ann, request(f"openai/{ECHO}"), RunOrigin.API, tags={"team": team}))
    assert team in open_as(somebody(lab, role=Role.PM)).selectbox(key="tag_team").options


def test_an_opened_run_goes_on_under_its_tags_and_one_without_under_those_chosen(lab, ann, open_as):
    tagged = lab.runs.start(ann, request(f"openai/{ECHO}"), RunOrigin.API, tags={"team": "sales", "ticket": "4711"})
    plain = lab.runs.start(ann, request(f"openai/{ECHO}"), RunOrigin.API)
    for run in (tagged, plain):
        ended(run)
    app = open_as(ann, tagged.admission.run_id)
    assert tags_button(app) == "Tags · sales · 4711"
    app.query_params["run"] = str(plain.admission.run_id)
    assert tags_button(app.run()) == "Tags · sales · 4711"


# one answer


def test_an_answer_is_shown_with_its_figures_and_the_derivation_of_its_cost(app, lab, ann):
    send(app, model_id="openai/gpt-4o-mini")
    (run,) = recorded(lab, ann)
    (answer,) = answers(app)
    assert len(answer.split()) == 20
    assert answer == run.response.strip()
    figures = " ".join(caption.value for caption in app.caption).replace("\\", "")
    assert re.search(r"5 in · 20 out .* first word \d+ ms · \d", figures)
    (table,) = app.table
    assert table.value["Amount"].str.replace("\\", "").tolist() == ["$0.00000075", "$0.000012", "**$0.00001275**"]
    assert table.value["Per million"].str.replace("\\", "").tolist() == ["$0.15", "$0.60", ""]
    assert "The provider counted the tokens. The prices are those of the genai-prices list" in shown(app)
    assert app.query_params["run"] == str(run.id)


def test_reasoning_stands_apart_from_the_answer(app, lab, ann):
    send(app, model_id="openai/sim/words?n=4&reasoning=6")
    (run,) = recorded(lab, ann)
    assert [expander.label for expander in app.expander][:1] == ["Thinking"]
    assert app.expander[0].markdown[0].value.strip() == run.reasoning.strip()
    assert len(run.response.split()) == 4


def test_an_empty_answer_is_told(app):
    assert "The model ended without a word." in shown(send(app, model_id="openai/sim/words?n=0"))


def test_system_prompt_and_parameters_are_sent_and_the_button_tells_what_differs(app, simulator):
    assert parameters_button(app) == "Parameters"
    app.text_area(key="system").set_value("Be brief.")
    app.slider(key="temperature").set_value(1.3)
    app.slider(key="top_p").set_value(0.5)
    app.number_input(key="max_tokens").set_value(64)
    app.run()
    assert parameters_button(app) == "Parameters · temperature 1.3 · top p 0.5 · at most 64 · system prompt"
    send(app, model_id=f"openai/{ECHO}")
    body = sent(simulator)
    assert (body["temperature"], body["top_p"], body["max_completion_tokens"]) == (1.3, 0.5, 64)
    assert conversation_sent(simulator)[0] == ("system", "Be brief.")


def test_parameters_outlive_a_run_and_one_click_brings_the_defaults_back(app, simulator):
    app.slider(key="temperature").set_value(1.3).run()
    send(app, model_id=f"openai/{ECHO}")
    send(app, "And now?")
    assert sent(simulator)["temperature"] == 1.3
    press(app, "Back to the defaults")
    send(app, "And now?")
    assert sent(simulator)["temperature"] == 0.7


def test_what_had_to_be_left_out_is_told(app, simulator):
    send(app, model_id="openai/o3-mini")
    assert "temperature" not in sent(simulator)
    assert re.search("temperature", shown(app))


# a conversation


def test_every_turn_is_sent_with_those_before_it(app, simulator):
    send(app, "One", f"openai/{ECHO}")
    send(app, "Two")
    send(app, "Three")
    before = [("user", "One"), ("assistant", "One"), ("user", "Two"), ("assistant", "Two")]
    assert conversation_sent(simulator) == [*before, ("user", "Three")]
    assert prompts(app) == answers(app) == ["One", "Two", "Three"]


def test_another_model_goes_on_with_the_conversation(app, simulator):
    send(app, "One", f"openai/{ECHO}")
    send(app, "Two", f"groq/{ECHO}")
    assert calls(simulator)[-1].provider == "groq"
    assert conversation_sent(simulator)[:2] == [("user", "One"), ("assistant", "One")]


def test_run_again_replaces_the_last_answer_and_records_both(app, simulator, lab, ann):
    send(app, "One", f"openai/{ECHO}")
    send(app, "Two")
    choose(app, "openai/gpt-4o-mini")
    press(app, "Run again with gpt-4o-mini")
    assert prompts(app) == ["One", "Two"]
    assert len(answers(app)[1].split()) == 20
    assert conversation_sent(simulator) == [("user", "One"), ("assistant", "One"), ("user", "Two")]
    newest, *rest = recorded(lab, ann)
    assert len(rest) == 2
    assert app.query_params["run"] == str(newest.id)


def test_edit_takes_the_prompt_back(app, simulator):
    send(app, "One", f"openai/{ECHO}")
    send(app, "Two")
    press(app, "Edit")
    assert (written(app), prompts(app)) == ("Two", ["One"])
    send(app, "Two and a half")
    assert conversation_sent(simulator)[2:] == [("user", "Two and a half")]


def test_a_new_conversation_forgets_the_turns_and_keeps_the_model(app, simulator):
    send(app, "One", f"openai/{ECHO}")
    press(app, "New conversation")
    assert app.chat_message == []
    assert "run" not in app.query_params
    assert "What would you like to test?" in shown(app)
    send(app, "Two")
    assert conversation_sent(simulator) == [("user", "Two")]


def test_a_conversation_can_be_taken_along(app):
    send(app, "One", f"openai/{ECHO}")
    assert [button.label for button in app.get("download_button")] == ["Markdown", "JSON"]
    assert "One" in [code.value for code in app.code]


# what goes wrong


@pytest.mark.parametrize(
    ("model_id", "words"),
    [
        ("openai/sim/error-429?retry_after=7", "OpenAI asks us to wait 7 seconds (rate limit)."),
        ("openrouter/sim/error-400", "OpenRouter did not accept the request. Check the parameters"),
    ],
)
def test_an_error_is_told_in_plain_words_with_what_to_do(app, lab, ann, model_id, words):
    send(app, model_id=model_id)
    (error,) = app.error
    told = error.value.replace("\\", "")
    assert words in told
    assert "Nothing was charged." in told
    page = str(app.main) + shown(app)
    assert KEY not in page
    assert "<b>" not in page
    assert "![" not in told
    assert not app.exception


def test_a_broken_answer_keeps_its_text_and_says_so(app):
    send(app, model_id="openai/sim/truncated")
    assert len(answers(app)[0].split()) == 5
    assert "ended the stream before the answer was complete" in shown(app)


def test_a_stopped_answer_keeps_its_text_and_says_so(app, lab, ann):
    choose(app, f"openai/{LONG}")
    stopping = stop_soon(lab, ann)
    send(app)
    stopping.join()
    (run,) = recorded(lab, ann)
    assert answers(app) == [run.response.strip()]
    assert "Stopped. What had arrived is kept, and was charged." in shown(app)


def test_a_failed_turn_is_not_sent_along(app, simulator):
    send(app, "One", "openai/sim/error-400")
    send(app, "Two", f"openai/{ECHO}")
    assert conversation_sent(simulator) == [("user", "Two")]


def test_a_used_up_limit_keeps_the_prompt_and_tells_why(lab, open_as, simulator, monkeypatch):
    user = somebody(lab, Tier.STARTER)
    monkeypatch.setattr(lab.tiers, "runs_a_month", lambda tier: 1)
    app = send(open_as(user), "One", f"groq/{ECHO}")
    before = len(calls(simulator))
    send(app, "Two")
    assert written(app) == "Two"
    assert "month" in app.warning[0].value
    assert prompts(app) == ["One"]
    assert len(calls(simulator)) == before
    press(app, "Run again")
    assert answers(app) == ["One"]


def test_a_refusal_is_gone_after_the_next_run(lab, open_as, monkeypatch):
    user = somebody(lab, Tier.STARTER)
    monkeypatch.setattr(lab.tiers, "runs_a_month", lambda tier: 1)
    app = send(send(open_as(user), "Nought", f"groq/{ECHO}"), "One")
    assert app.warning
    monkeypatch.setattr(lab.tiers, "runs_a_month", lambda tier: 9)
    send(app, "One")
    assert not app.warning
    assert answers(app) == ["Nought", "One"]


def test_a_model_above_the_tier_offers_what_comes_closest(lab, open_as, simulator):
    app = choose(open_as(somebody(lab, Tier.PROFESSIONAL)), "openai/gpt-4o")
    assert "gpt-4o is part of the enterprise tier.** Yours is professional" in shown(app)
    press(app, "Use gpt-4o-mini")
    assert app.selectbox(key="model_id").value == "openai/gpt-4o-mini"
    assert "is part of" not in shown(app)


def test_a_model_above_the_tier_is_refused_and_the_prompt_stays(lab, open_as, simulator):
    before = len(calls(simulator))
    app = send(open_as(somebody(lab, Tier.TRIAL)), "One", "openai/gpt-4o")
    assert "gpt-4o needs the enterprise tier; yours is trial." in shown(app)
    assert (written(app), len(calls(simulator))) == ("One", before)


def test_a_conversation_that_is_too_long_is_told_in_plain_words(app, lab, ann):
    turns = [Turn("Why?", "Because.") for _ in range(MAX_MESSAGES)]
    app.session_state["conversation"] = Conversation(turns)
    app.run()
    assert not app.exception
    assert "too long to send" in shown(app)
    send(app, "One")
    assert (written(app), recorded(lab, ann)) == ("One", [])
    press(app, "New conversation")
    assert "too long to send" not in shown(app)


# runs that are found again


def test_a_recorded_run_is_opened_by_its_address(lab, ann, open_as, simulator):
    run = lab.runs.start(ann, request(f"openai/{ECHO}", "Remember me"), RunOrigin.API)
    ended(run)
    app = open_as(ann, run.admission.run_id)
    assert prompts(app) == answers(app) == ["Remember me"]
    send(app, "Go on")
    assert conversation_sent(simulator)[:2] == [("user", "Remember me"), ("assistant", "Remember me")]


def test_an_opened_run_goes_on_as_it_was_sent(lab, ann, open_as, simulator):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "One"}]
    changes = {"messages": messages, "temperature": 0.3, "max_tokens": 77}
    run = lab.runs.start(ann, request(f"groq/{ECHO}", **changes), RunOrigin.API)
    ended(run)
    app = send(open_as(ann, run.admission.run_id), "Two")
    body = sent(simulator)
    assert (body["model"], body["temperature"], body["max_tokens"]) == (ECHO, 0.3, 77)
    assert [content for _, content in conversation_sent(simulator)] == ["Be brief.", "One", "One", "Two"]
    assert parameters_button(app) == "Parameters · temperature 0.3 · at most 77 · system prompt"


def test_a_run_whose_texts_were_cleared_still_tells_its_figures(lab, ann, open_as):
    ledger = Ledger(lab.database, instance_id=0)
    ended = record(ledger, admission(ann.id))
    ledger.clear_texts(NOW + timedelta(days=1))
    app = open_as(ann, ended.run_id)
    assert not app.exception
    assert "The texts of this run were cleared" in shown(app)
    assert "Run again" not in {button.label for button in app.button}
    assert "44 in · 120 out" in shown(app)


@pytest.mark.parametrize("whose", ["anothers", "nobodys", "no id"])
def test_what_is_not_there_to_open_is_told_in_plain_words(lab, ann, open_as, whose):
    run = lab.runs.start(somebody(lab), request(f"openai/{ECHO}", "A secret"), RunOrigin.API)
    ended(run)
    named = {"anothers": run.admission.run_id, "nobodys": uuid4(), "no id": "'; drop table users"}[whose]
    app = open_as(ann, named)
    assert "That run does not exist, or is not yours." in shown(app)
    assert "secret" not in shown(app)
    assert "run" not in app.query_params


def test_a_run_in_flight_is_found_by_its_address_and_followed_to_its_end(lab, ann, open_as):
    run = begin(lab, ann, "openai/sim/words?n=40&rate=40")
    app = open_as(ann, run.admission.run_id)
    assert run.outcome
    assert answers(app) == [run.outcome.text.strip()]
    assert len(run.outcome.text.split()) == 40


def test_a_fresh_page_finds_the_run_that_nobody_follows(lab, ann, open_as, simulator):
    run = begin(lab, ann, "openai/sim/words?n=40&held=20")
    time.sleep(1.1)
    letting_go = release_when_followed(run, simulator)
    app = open_as(ann)
    letting_go.join()
    assert answers(app) == [run.outcome.text.strip()]
    assert app.query_params["run"] == str(run.admission.run_id)


def test_a_run_of_a_program_is_left_alone_by_a_fresh_page(lab, ann, open_as):
    run = lab.runs.start(ann, request(f"openai/{LONG}"), RunOrigin.API)
    time.sleep(1.1)
    assert open_as(ann).chat_message == []
    lab.runs.stop_all(ann)
    ended(run)


@pytest.mark.alone
def test_signing_out_stops_the_runs_in_flight(lab, ann, app, monkeypatch):
    monkeypatch.setattr("pages.components.sidebar.leave_for", lambda path: None)
    run = begin(lab, ann)
    press(app, "Sign out")
    assert ended(run, 0.5).status == "cancelled"
    assert "What would you like to test?" not in shown(app)


def set_budget(lab: Lab, user: User, limit: str) -> None:
    month, root = BudgetPeriod.MONTH, somebody(lab, role=Role.ADMIN)
    lab.budgets.add(root, Plan(f"Of {user.id}", BudgetScope.USER, user.username, month, limit, True))


def told_before_sending(app: AppTest) -> str:
    """What the line under the composer is given to draw."""
    return str([element.proto for element in app.get("bidi_component")])


def test_what_is_left_of_the_tightest_budget_is_told_before_a_run_is_sent_unless_the_own_key_pays(lab, open_as, ann):
    assert "$2.50 left" not in told_before_sending(choose(open_as(ann), f"openai/{ECHO}"))
    set_budget(lab, ann, "2.5")
    told = told_before_sending(choose(open_as(ann), f"openai/{ECHO}"))
    assert "$2.50 left" in told and f"Of {ann.id}" in told
    lab.keys.save(ann, Payer.OWN, "openai", "sk-own-0123456789", unchecked=True)
    assert "$2.50 left" not in told_before_sending(choose(open_as(ann), f"openai/{ECHO}"))


def test_a_run_that_a_budget_has_no_room_for_is_refused_in_words_and_stays_written(lab, open_as, ann, simulator):
    set_budget(lab, ann, "0.000001")
    before = len(calls(simulator))
    app = send(choose(open_as(ann), f"openai/{ECHO}"), "Why *is* the sky blue?")
    assert f"The budget “Of {ann.id}” has" in shown(app)
    assert written(app) == "Why *is* the sky blue?"
    assert len(calls(simulator)) == before
