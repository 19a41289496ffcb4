"""The playground in a real browser: what streams, what stops it, what finds it again, and what a model may not do."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.settings import PROVIDER_NAMES
from tests.browser import axe
from tests.browser.chromium import settled, sign_in
from tests.browser.looks import LOOKS
from tests.browser.product import Product, running_product
from tests.fixtures.lab import calls
from tests.simulator import Simulator
from tests.simulator.wire import Connection

pytestmark = pytest.mark.browser

ECHO, LONG, HELD = "sim/echo", "sim/words?n=9000&rate=60", "sim/words?n=240&rate=400&held=20"
SILENT, THINKING, SHOUTING = "sim/silent?after=3", "sim/words?n=40&reasoning=60&rate=80", "sim/error-429?retry_after=7"
ENDLESS_LINE = "sim/big-event?mb=2&pieces=2"
GRACE_S, SOON_S = 5.0, 0.5

HOSTILE = """A picture: ![picture](ELSEWHERE/picture?q=secret)

A <script>window.broken = 1</script> and <img src=x onerror="window.broken = 2"> in the text.

[a link](javascript:window.broken=3) <svg onload="window.broken=4">

<a href="javascript:window.broken=5">another</a> <iframe src="ELSEWHERE/frame"></iframe>

```html
<script>window.broken = 6</script>
```

$\\href{javascript:window.broken=7}{formula}$ and \u202eevil\u202c and a\u200bb. The end."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(listed=(ECHO, LONG, HELD, SILENT, THINKING, SHOUTING, ENDLESS_LINE)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def product(simulator: Simulator, spare_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that leaves a run alone for a few seconds only, with simulated providers."""
    variables = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in PROVIDER_NAMES}
    variables |= {f"{name.upper()}_API_KEY": f"sk-simulated-{name}" for name in PROVIDER_NAMES}
    folder = tmp_path_factory.mktemp("playground")
    variables |= {"DATABASE_URL": spare_database, "LAB_ABANDON_GRACE_S": str(GRACE_S)}
    with running_product(folder, **variables) as product:
        yield product


@pytest.fixture(scope="module")
def warm(browser: Browser, product: Product, entered: list[Any]) -> None:
    """A run was begun and stopped before, so that no time is measured of what is done only once."""
    with browser.new_context(base_url=product.url) as context:
        context.add_cookies(entered)
        page = context.new_page()
        page.goto("/")
        flows(send(page, model=LONG), 2)
        page.keyboard.press("Escape")
        has_ended(page)


def wait_for(holds: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def composer(page: Page) -> Locator:
    return page.get_by_label("Write a prompt")


def choose(page: Page, model: str, provider: str = "OpenAI") -> None:
    """Choose a model and wait until the page is drawn with it."""
    pick(page, model, provider)
    settled(page)


def pick(page: Page, model: str, provider: str = "OpenAI") -> None:
    """Search for a model and choose it. A page that scrolls by itself closes the menu: then it is opened once more."""
    label = f"{model} · {provider}"
    box = page.get_by_role("combobox", name="Model")
    option = page.get_by_role("option").filter(has_text=label).first
    for _ in range(5):
        box.click()
        box.fill(label)
        try:
            option.click(timeout=3000)
        except PlaywrightTimeout:
            page.keyboard.press("Escape")
        else:
            break
    expect(box).to_have_value(re.compile(re.escape(label)))


def send(page: Page, prompt: str = "Why is the sky blue?", model: str | None = None) -> Locator:
    """Send a prompt with Enter and return its answer."""
    if model:
        choose(page, model)
    answers = page.get_by_role("main").get_by_test_id("stChatMessage")
    before = answers.count()
    composer(page).fill(prompt)
    composer(page).press("Enter")
    expect(answers).to_have_count(before + 2)
    return answers.nth(before + 1)


def words(answer: Locator) -> int:
    return len(answer.inner_text().split())


def flows(answer: Locator, at_least: int = 8) -> None:
    """Wait until so many words are there."""
    expect(answer).to_contain_text(re.compile(rf"\S+(\s+\S+){{{at_least}}}"))


def has_ended(page: Page) -> None:
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    settled(page)


def runs_in_flight(simulator: Simulator) -> list[Connection]:
    """The connections of runs that nobody has closed."""
    return [call.connection for call in calls(simulator) if call.connection.closed_at is None]


def is_stopped(page: Page, simulator: Simulator, asked: float) -> None:
    """The provider's socket was closed in time, and the page says that the answer is not whole."""
    connection = calls(simulator)[-1].connection
    assert connection.wait_closed(SOON_S)
    assert connection.closed_by == "client"
    assert connection.closed_at - asked < SOON_S
    has_ended(page)
    expect(page.get_by_text("Stopped. What had arrived is kept, and was charged.")).to_be_visible()


# stopping


@pytest.mark.alone
@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("model", [LONG, SILENT])
@pytest.mark.parametrize("how", ["button", "escape"])
def test_stop_closes_the_providers_socket_at_once_and_keeps_the_text(signed_in, simulator, model, how):
    answer = send(signed_in, model=model)
    flows(answer, 2)
    button = signed_in.get_by_role("button", name="Stop")
    button.hover()
    asked = time.monotonic()
    if how == "button":
        button.click()
    else:
        signed_in.keyboard.press("Escape")
    is_stopped(signed_in, simulator, asked)
    expect(answer).to_contain_text("the quick brown")


@pytest.mark.alone
@pytest.mark.usefixtures("warm")
def test_signing_out_in_mid_run_stops_it(page, product, simulator):
    sign_in(page, product)
    flows(send(page, model=LONG))
    button = page.get_by_role("button", name="Sign out")
    button.hover()
    asked = time.monotonic()
    button.click()
    connection = calls(simulator)[-1].connection
    assert connection.wait_closed(SOON_S)
    assert connection.closed_at - asked < SOON_S
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("quick brown")).to_have_count(0)


def test_a_click_elsewhere_does_not_end_a_run(signed_in, simulator):
    answer = send(signed_in, model=HELD)
    flows(answer)
    pick(signed_in, "gpt-4o-mini")
    assert runs_in_flight(simulator)
    simulator.release()
    expect(signed_in.get_by_role("button", name="Run again with gpt-4o-mini")).to_be_visible()
    expect(answer).not_to_contain_text("Stopped")
    assert words(answer) > 240


# finding a run again


def test_a_reload_finds_the_run_and_follows_it_to_its_end(signed_in, simulator):
    flows(send(signed_in, model=HELD))
    expect(signed_in).to_have_url(re.compile(r"run=[0-9a-f-]{36}"))
    before = len(calls(simulator))
    signed_in.reload()
    expect(signed_in.get_by_role("button", name="Stop")).to_be_visible()
    simulator.release()
    has_ended(signed_in)
    assert words(signed_in.get_by_test_id("stChatMessage").nth(1)) > 240
    expect(signed_in.get_by_text("Why is the sky blue?")).to_have_count(1)
    assert len(calls(simulator)) == before


def test_a_run_goes_on_while_another_page_is_looked_at(signed_in, simulator):
    flows(send(signed_in, model=HELD))
    signed_in.get_by_role("link", name="History").click()
    expect(signed_in.get_by_role("region", name="Your runs, newest first")).to_be_visible()
    assert runs_in_flight(simulator)
    signed_in.get_by_role("link", name="Playground").click()
    expect(signed_in.get_by_role("button", name="Stop")).to_be_visible()
    simulator.release()
    has_ended(signed_in)
    answer = signed_in.get_by_test_id("stChatMessage").nth(1)
    assert words(answer) > 240
    expect(answer).not_to_contain_text("Stopped")


@pytest.mark.alone
@pytest.mark.usefixtures("warm")
def test_a_closed_tab_lets_the_run_end_after_the_grace(signed_in, simulator):
    flows(send(signed_in, model=LONG))
    closed = time.monotonic()
    signed_in.close()
    connection = calls(simulator)[-1].connection
    assert not connection.wait_closed(GRACE_S * 0.6)
    assert connection.wait_closed(GRACE_S)
    assert connection.closed_at - closed < GRACE_S + 2


def test_two_tabs_follow_one_run_and_either_stops_it(signed_in, simulator):
    flows(send(signed_in, model=LONG))
    expect(signed_in).to_have_url(re.compile("run="))
    other = signed_in.context.new_page()
    other.goto(signed_in.url)
    flows(other.get_by_test_id("stChatMessage").nth(1))
    other.get_by_role("button", name="Stop").click()
    for tab in (other, signed_in):
        has_ended(tab)
        expect(tab.get_by_text("Stopped. What had arrived is kept, and was charged.")).to_be_visible()


def test_two_tabs_hold_two_conversations(signed_in):
    send(signed_in, "First tab", ECHO)
    has_ended(signed_in)
    other = signed_in.context.new_page()
    other.goto("/")
    settled(other)
    expect(other.get_by_text("First tab")).to_have_count(0)
    expect(send(other, "Second tab", ECHO)).to_contain_text("Second tab")
    expect(signed_in.get_by_text("Second tab")).to_have_count(0)


def test_the_back_button_returns_to_the_turn_before(signed_in):
    send(signed_in, "One", ECHO)
    has_ended(signed_in)
    first = signed_in.url
    send(signed_in, "Two")
    has_ended(signed_in)
    assert signed_in.url != first
    signed_in.go_back()
    expect(signed_in).to_have_url(first)
    expect(signed_in.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(signed_in.get_by_text("Two")).to_have_count(0)


# the composer


def test_enter_sends_once_and_shift_enter_does_not(signed_in, simulator):
    choose(signed_in, ECHO)
    before = len(calls(simulator))
    composer(signed_in).fill("One line")
    composer(signed_in).press("Shift+Enter")
    composer(signed_in).type("and another")
    composer(signed_in).press("Enter")
    composer(signed_in).press("Enter")
    has_ended(signed_in)
    assert [call.body["messages"][-1]["content"] for call in calls(simulator)[before:]] == ["One line\nand another"]


def test_tags_are_written_by_keyboard_and_corrected_where_they_were_refused(signed_in, simulator):
    choose(signed_in, ECHO)
    button = signed_in.get_by_test_id("stPopover").get_by_role("button", name="Tags")
    button.press("Enter")
    for field, text in (("Team", "support"), ("Other tags", "4711")):
        write_tag(signed_in, field, text)
    expect(button).to_have_text(re.compile("to be corrected"))
    signed_in.keyboard.press("Escape")
    composer(signed_in).fill("One")
    composer(signed_in).press("Enter")
    expect(signed_in.get_by_text("Write the tag “4711” as name: value")).to_be_visible()
    button.press("Enter")
    write_tag(signed_in, "Other tags", "ticket: 4711")
    expect(signed_in.get_by_role("combobox", name="Other tag 2")).to_be_visible()
    expect(button).to_have_text(re.compile("Tags · support · 4711"))
    signed_in.keyboard.press("Escape")
    composer(signed_in).press("Enter")
    has_ended(signed_in)
    assert "support" not in str(calls(simulator)[-1].body)


def write_tag(page: Page, field: str, text: str) -> None:
    box = page.get_by_role("combobox", name=field)
    box.select_text()
    box.press_sequentially(text)
    page.get_by_role("option", name=f"Add: {text}").wait_for()
    box.press("Enter")
    settled(page)


def test_what_a_prompt_will_take_is_told_while_it_is_written(signed_in):
    choose(signed_in, "gpt-4o-mini")
    expect(signed_in.get_by_text("Up to 1,000 out · at most $0.0006")).to_be_visible()
    composer(signed_in).fill("x" * 4000)
    expect(signed_in.get_by_text("≈ 1,004 tokens in · up to 1,000 out · at most $0.000751")).to_be_visible()
    composer(signed_in).fill("")
    signed_in.get_by_role("button", name="Templates").click()
    signed_in.get_by_role("menuitem", name="Write a Poem").click()
    expect(signed_in.get_by_text(re.compile(r"≈ \d+ tokens in"))).to_be_visible()


def test_a_run_that_begins_is_shown_however_far_up_the_page_was(signed_in, simulator):
    send(signed_in, "a long prompt\n" * 60, ECHO)
    has_ended(signed_in)
    choose(signed_in, HELD)
    signed_in.mouse.move(600, 200)
    signed_in.mouse.wheel(0, -500)
    signed_in.wait_for_timeout(300)
    answer = send(signed_in, "Short")
    flows(answer)
    expect(answer).to_be_in_viewport()
    simulator.release()
    has_ended(signed_in)


# what is shown


def test_the_text_stays_where_it_is_when_the_run_ends(signed_in, simulator):
    answer = send(signed_in, model=HELD)
    flows(answer)
    first = answer.locator("p").first
    before = first.bounding_box()
    simulator.release()
    has_ended(signed_in)
    after = first.bounding_box()
    assert (before["x"], before["y"], before["width"]) == (after["x"], after["y"], after["width"])


def test_reasoning_folds_away_above_the_answer(signed_in):
    answer = send(signed_in, model=THINKING)
    expect(answer.get_by_text("Thinking")).to_be_visible()
    has_ended(signed_in)
    reasoning = answer.get_by_test_id("stExpander")
    assert words(answer) < 80
    reasoning.get_by_text("Thinking").click()
    expect(reasoning.get_by_test_id("stMarkdown")).to_be_visible()


def test_an_answer_can_be_copied_and_taken_along(signed_in, tmp_path):
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    prompt = "Look:\n\n```python\nprint('copied')\n```"
    answer = send(signed_in, prompt, ECHO)
    has_ended(signed_in)
    code = answer.get_by_test_id("stCode")
    code.hover()
    code.get_by_role("button", name="Copy to clipboard").click()
    assert signed_in.evaluate("navigator.clipboard.readText()") == "print('copied')"
    signed_in.get_by_role("button", name="Copy or save").click()
    told = json.loads(downloaded(signed_in, "JSON", tmp_path))
    assert [turn["answer"] for turn in told["turns"]] == [prompt]
    assert told["turns"][0]["run"]["id"] in signed_in.url
    assert prompt in downloaded(signed_in, "Markdown", tmp_path)


def downloaded(page: Page, label: str, folder: Path) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    download.value.save_as(folder / label)
    return (folder / label).read_text()


def test_what_a_model_writes_runs_nothing_and_asks_nobody(signed_in, simulator, problems):
    answer = send(signed_in, HOSTILE.replace("ELSEWHERE", f"{simulator.url}/elsewhere"), ECHO)
    has_ended(signed_in)
    expect(answer).to_contain_text("The end.")
    for link in answer.get_by_role("link").all():
        assert not (link.get_attribute("href") or "").startswith("javascript:")
    assert signed_in.evaluate("window.broken") is None
    assert answer.locator("script, iframe, svg[onload], [onerror]").count() == 0
    signed_in.reload()
    has_ended(signed_in)
    assert signed_in.evaluate("window.broken") is None
    assert not [asked for asked in simulator.requests if "elsewhere" in asked.path]
    assert [problem for problem in problems if "/elsewhere/" not in problem] == []
    problems.clear()  # what is left is what the browser's policy held back


def test_an_error_that_brings_markup_and_a_key_shows_neither(signed_in):
    answer = send(signed_in, model=SHOUTING)
    has_ended(signed_in)
    expect(answer).to_contain_text("OpenAI asks us to wait 7 seconds (rate limit).")
    assert answer.locator("img, b").count() == 0
    expect(answer).not_to_contain_text("sk-simulated")


def test_four_megabytes_in_one_line_leave_the_page_usable(signed_in):
    answer = send(signed_in, model=ENDLESS_LINE)
    has_ended(signed_in)
    expect(answer).to_contain_text("xxxxx")
    assert not signed_in.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    signed_in.get_by_role("button", name="New conversation").click()
    expect(signed_in.get_by_text("What would you like to test?")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_everybody_can_use_every_state_of_the_playground(browser: Browser, product: Product, scheme: str, width: int):
    viewport = {"width": width, "height": 800}
    with browser.new_context(base_url=product.url, color_scheme=scheme, viewport=viewport) as context:
        page = context.new_page()
        sign_in(page, product)
        settled(page)
        faults = {"empty": faults_of(page)}
        flows(send(page, model=LONG))
        faults["streaming"] = faults_of(page)
        page.keyboard.press("Escape")
        has_ended(page)
        faults["stopped"] = faults_of(page)
        send(page, model=SHOUTING)
        has_ended(page)
        faults["failed"] = faults_of(page)
        page.get_by_role("button", name="Copy or save").click()
        faults["menu"] = faults_of(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name=re.compile("Parameters")).click()
        faults["parameters"] = faults_of(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Tags").click()
        write_tag(page, "Team", "x" * 61)
        faults["tags"] = faults_of(page)
    assert {state: found for state, found in faults.items() if found} == {}


def faults_of(page: Page) -> list[str]:
    too_wide = page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    return axe.check(page) + (["it scrolls sideways"] if too_wide else [])
