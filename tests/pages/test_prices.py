"""The page of prices, before a real lab; and the line about them on the stats page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import lab as labs
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.own_prices import PriceDraft
from core.domain.pricing import PriceSource
from core.lab import Lab
from core.services.prices import Concerns, PriceChange
from pages.components import session
from pages.components.format import literal
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.frame import Browser, opened
from tests.fixtures.lab import add_user, ended, start

MODEL = "openai/sim/words"
HOSTILE = "<img src=x> **bold** $x$ [a](http://b)"


@pytest.fixture
def browser(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A browser in front of a whole lab."""
    browser = Browser()
    monkeypatch.setattr(session, "token", lambda: browser.token)
    monkeypatch.setattr(session, "browser", lambda: browser.name)
    monkeypatch.setattr(session, "address", lambda: ADDRESS)
    st.cache_data.clear()
    labs.install(lab)
    yield browser
    labs.install(None)


def enter(lab: Lab, browser: Browser, role: Role) -> User:
    user = lab.accounts.add(f"the-{role}", PASSWORD, tier=Tier.ENTERPRISE, role=role)
    browser.token = lab.accounts.open_session(user, ADDRESS, AGENT)
    return user


@pytest.fixture
def admin(lab: Lab, browser: Browser) -> User:
    """The administrator, who is signed in."""
    return enter(lab, browser, Role.ADMIN)


def page(browser: Browser, **query: str) -> AppTest:
    app = opened(browser, "prices")
    if query:
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    app = next(one for one in app.button if one.label == label).click().run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return "\n".join(one.value for kind in (app.markdown, app.caption, app.subheader, app.warning) for one in kind)


def field(app: AppTest, label: str) -> Any:
    return next(one for one in app.text_input if one.label == label)


def change(starts_at: datetime | None = None) -> PriceChange:
    return PriceChange(MODEL, starts_at or datetime.now(UTC), PriceDraft("5", "6"))


def test_it_is_not_for_everybody(lab: Lab, browser: Browser):
    enter(lab, browser, Role.OPS)
    app = opened(browser, "prices")
    assert not app.dataframe and "Prices" not in [title.value for title in app.title]


def test_product_managers_read_and_are_offered_nothing_to_set(lab: Lab, browser: Browser):
    enter(lab, browser, Role.PM)
    app = page(browser, priced=MODEL)
    assert len(app.dataframe[0].value) > 5 and "models. Prices are in US dollars" in shown(app)
    labels = [one.label for one in (*app.button, *app.toggle)]
    assert not any(label.startswith(("Set", "Read them", "May be")) for label in labels)
    assert "Nothing yet" in shown(page(browser, view="repricing"))
    assert "Show what would change" not in [one.label for one in app.button]


def test_models_are_filtered_and_a_filter_that_none_fits_offers_the_way_back(lab: Lab, admin: User, browser: Browser):
    app = page(browser)
    whole = len(app.dataframe[0].value)
    field(app, "Model").set_value("gpt-4o mini").run()
    table = app.dataframe[0].value
    assert "gpt-4o-mini" in list(table["Model"]) and set(table["Provider"]) <= {"OpenAI", "OpenRouter"}
    mini = table[table["Model"] == "gpt-4o-mini"].iloc[0]
    assert (mini["Input"], mini["Output"], mini["Source"]) == ("$0.15", "$0.60", "Price list")
    field(app, "Model").set_value("no such model").run()
    assert "No model fits" in shown(app)
    press(app, "Clear filters")
    assert len(app.dataframe[0].value) == whole > 5


def test_a_price_is_set_and_shown(lab: Lab, admin: User, browser: Browser):
    app = press(page(browser, priced=MODEL), "Set a price")
    field(app, "Input").set_value("5")
    field(app, "Output").set_value("six")
    press(app, "Save")
    assert "write dollars with a point" in app.error[0].value
    assert (field(app, "Input").value, field(app, "Output").value) == ("5", "six")
    field(app, "Output").set_value("6")
    field(app, "Note").set_value(HOSTILE)
    press(app, "Save")
    prices = lab.models.find(MODEL).prices
    assert (prices.input.base, prices.output.base, prices.source) == (5, 6, PriceSource.ADMINISTRATOR)
    assert "In force" in shown(app) and r"\$5\.00 in · \$6\.00 out" in shown(app)
    assert literal(HOSTILE) in shown(app) and HOSTILE not in shown(app)
    assert "Input" not in [one.label for one in app.text_input]


def test_what_looks_like_a_slip_has_to_be_meant(lab: Lab, admin: User, browser: Browser):
    app = press(page(browser, priced="openai/gpt-4o-mini"), "Set a price")
    field(app, "Input").set_value("15")
    field(app, "Output").set_value("0.60")
    press(app, "Save")
    assert "More than 10 times what the lists say: Input" in shown(app)
    assert lab.models.find("openai/gpt-4o-mini").prices.input.base == Decimal("0.15")
    press(app, "Save")
    assert lab.models.find("openai/gpt-4o-mini").prices.input.base == 15


def test_what_is_to_come_can_be_changed_and_removed(lab: Lab, admin: User, browser: Browser):
    lab.prices.set(admin, change(datetime.now(UTC) + timedelta(days=9)))
    lab.prices.set(admin, change())
    app = page(browser, priced=MODEL)
    assert shown(app).count("To come") == 1 and [one.label for one in app.button].count("Change") == 1
    press(app, "Change")
    field(app, "Input").set_value("4")
    press(app, "Save")
    later, now = lab.prices.history(admin, MODEL)
    assert later.prices is not None and later.prices.input.base == 4
    press(app, "Remove it")
    assert lab.prices.history(admin, MODEL) == [now]


def test_a_model_is_switched_off_and_on(lab: Lab, admin: User, browser: Browser):
    app = page(browser, priced=MODEL)
    app.toggle[0].set_value(False).run()
    assert not lab.models.known(MODEL).enabled and "orange-badge[Off]" in shown(app)
    app.toggle[0].set_value(True).run()
    assert lab.models.known(MODEL).enabled


def test_a_used_model_without_a_price_is_told_here_and_on_the_stats_page(
    lab: Lab, admin: User, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    concerns = Concerns(unpriced=("groq/_new_",), unread=("openai",))
    monkeypatch.setattr(type(lab.prices), "concerns", lambda self, user: concerns)
    app = page(browser)
    assert r"No price is known for groq\/\_new\_" in shown(app)
    assert "no list could be read from OpenAI" in shown(app)
    press(app, r"Set the price of groq\/\_new\_")
    assert field(app, "Input").value == ""
    stats = app.switch_page("stats.py").run()
    assert "No price is known" in shown(stats) and not stats.exception


def test_lists_are_read_anew(lab: Lab, admin: User, browser: Browser):
    press(page(browser), "Read them now")
    assert lab.prices.lists_read(admin)["openai"] is not None


def test_past_runs_are_priced_anew_after_a_look_and_back(lab: Lab, admin: User, browser: Browser):
    ann = add_user(lab)
    ended(start(lab, ann, MODEL))
    lab.prices.set(admin, change(datetime.now(UTC) - timedelta(days=1)))
    app = press(page(browser, view="repricing"), "Show what would change")
    assert "1 run would change" in shown(app)
    assert [list(table.value.iloc[0])[:2] for table in app.dataframe] == [[MODEL, "1"], ["ann", "1"]]
    press(app, "Price them anew")
    assert "Say why" in app.error[0].value
    field(app, "Reason").set_value("wrong list")
    press(app, "Price them anew")
    [done] = lab.repricings.past(admin, 10)
    assert done.runs == 1 and r"**wrong list**" in shown(app)
    press(app, "Take back")
    field(app, "Reason").set_value("it was right")
    press(app, "Take it back")
    assert [one.undone for one in lab.repricings.past(admin, 10)] == [False, True]
    assert "Taken back" in shown(app) and "Nothing would change" not in shown(app)


def test_days_that_hold_no_run_change_nothing(lab: Lab, admin: User, browser: Browser):
    app = press(page(browser, view="repricing"), "Show what would change")
    assert "Nothing would change" in shown(app)
    press(app, "Leave it")
    assert "Nothing would change" not in shown(app)
