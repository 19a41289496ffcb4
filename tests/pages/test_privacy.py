"""The page of privacy, and the own data on the account page."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.services.accounts import Accounts
from core.services.lab_settings import LabSettings
from core.services.privacy import privacy_over
from core.services.retention import Retention, retention_over
from core.store.lab_settings import LabSettingStore
from core.store.ledger import Ledger
from core.store.spool import Spool
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.dumps import found
from tests.fixtures.frame import Browser, opened
from tests.fixtures.runs import admission, record

PLANTED = "a planted question"
NOBODY_RUNS: Any = SimpleNamespace(of_user=lambda user_id: [])


@pytest.fixture
def boss(accounts: Accounts, browser: Browser) -> User:
    """An administrator who is signed in."""
    user = accounts.add("boss", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)
    browser.token = accounts.open_session(user, ADDRESS, AGENT)
    return user


@pytest.fixture
def retention(boss: User, database, tmp_path) -> Retention:
    """Texts that are kept for 30 days, in the open lab."""
    open_lab: Any = lab.current()
    open_lab.lab_settings = LabSettings(LabSettingStore(database), 30)
    spool = Spool(tmp_path)
    open_lab.retention = retention_over(open_lab.lab_settings, database, Ledger(database, instance_id=1), spool)
    open_lab.privacy = privacy_over(database, NOBODY_RUNS)
    return open_lab.retention


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


def page(browser: Browser, **asked: str) -> AppTest:
    app = opened(browser)
    for key, value in asked.items():
        app.query_params[key] = value
    return app.switch_page("privacy.py").run()


def press(app: AppTest, label: str) -> AppTest:
    app = next(one for one in app.button if one.label == label).click().run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.error)
    return "\n".join(one.value for kind in kinds for one in kind)


def test_texts_are_kept_for_longer_at_once_and_for_less_long_after_a_question(browser, retention):
    app = page(browser)
    assert "Now: 30 days." in words(app)
    app.main.number_input[0].set_value(90).run()
    app = press(app, "Save")
    assert retention.settings.retention_days == 90 and "Now: 90 days." in words(app)
    app.main.number_input[0].set_value(7).run()
    assert "within the hour, for good" in words(app)
    app = press(app, "Save")
    assert retention.settings.retention_days == 90 and "Texts are kept for 7 days" in words(app)
    press(app, "Clear older texts")
    assert retention.settings.retention_days == 7


def test_none_may_be_kept_at_all(browser, retention):
    app = page(browser)
    app.main.radio[0].set_value("Keep none beyond the run").run()
    assert app.main.number_input[0].disabled
    app = press(press(app, "Save"), "Clear older texts")
    assert retention.settings.retention_days == 0 and not retention.settings.keeps_texts()


def test_what_is_older_is_counted_cleared_and_proved_to_be_gone(browser, retention, ann, database):
    month_ago = datetime.now(UTC) - timedelta(days=31)
    record(Ledger(database, instance_id=1), admission(ann.id, PLANTED, started_at=month_ago))
    app = press(page(browser), "Clear what is older now …")
    assert "1 conversation, 1 excerpt" in words(app) and found(database, PLANTED)
    app = press(app, "Clear them")
    assert "Nothing is left" in words(app) and found(database, PLANTED) == []
    assert "nothing to clear" in words(press(page(browser), "Clear what is older now …"))


def test_a_person_is_found_by_name_or_id_and_the_data_is_a_click_away(browser, retention, ann):
    for asked in ("ann", "ANN", ann.id):
        app = page(browser, person=asked)
        assert [link.proto.url for link in app.main.get("link_button")] == [f"/api/v1/people/{ann.id}/data"]
    assert "nobody of that name" in words(page(browser, person="<img src=x>"))


def test_a_person_is_erased_once_the_name_is_typed(browser, retention, ann, database):
    app = press(page(browser, person="ann"), "Erase …")
    assert "cannot be undone" in words(app)
    app.text_input[-1].input("anna")
    app = press(app, "Erase for good")
    assert "Nothing was erased" in words(app) and app.text_input[-1].value == "anna"
    app.text_input[-1].input("ann")
    app = press(app, "Erase for good")
    assert "Erased, with the texts of 0 runs" in words(app)
    assert lab.current().privacy.find(User("", "", Tier.TRIAL, Role.ADMIN), ann.id).erased_at
    assert not any(one.label == "Erase …" for one in page(browser, person=ann.id).button)


def test_the_last_administrator_is_told_why_not(browser, retention, boss):
    app = press(page(browser, person="boss"), "Erase …")
    app.text_input[-1].input("boss")
    assert "last administrator" in words(press(app, "Erase for good"))


def test_everybody_takes_the_own_data_from_the_account_page(signed_in: Browser, ann: User):
    app = opened(signed_in)
    assert f"/api/v1/people/{ann.id}/data" in [link.proto.url for link in app.main.get("link_button")]
