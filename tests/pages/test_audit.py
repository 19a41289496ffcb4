"""The pages of the audit log and of the refusals, and what is noted of reading others' texts in the history."""

from concurrent.futures import wait
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.audit import KeptNote, Note
from core.domain.refusals import Refusal
from core.services.accounts import Accounts
from core.services.audit import AuditFormat, NotesAsked, audit_over
from core.settings import ROOT
from core.store.audit import AuditStore
from core.store.refusals import RefusalStore
from core.store.tables import audit_log
from pages.components.audit_download import query
from pages.components.audit_words import differences, in_short, others
from pages.components.format import literal
from pages.components.refusals_place import written
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.frame import Browser, opened
from tests.fixtures.recorded import put_on_record

HOSTILE = "<img src=x> **bold** $x$ [a](http://b)"
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def ann(accounts: Accounts) -> User:
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def boss(accounts: Accounts, browser: Browser, database) -> User:
    """An administrator who is signed in, in front of the log."""
    user = accounts.add("boss", PASSWORD, tier=Tier.ENTERPRISE, role=Role.ADMIN)
    browser.token = accounts.open_session(user, ADDRESS, AGENT)
    lab.current().audit = audit_over(database, ZoneInfo("UTC"))
    return user


def note(database, *notes: Note) -> None:
    for one in notes:
        AuditStore(database).note(one)


def ids(database, act: str) -> list[int]:
    found = select(audit_log.c.id).where(audit_log.c.act == act).order_by(audit_log.c.id)
    return list(database.call(lambda connection: connection.scalars(found).all()))


def page(browser: Browser, name: str, **asked: str) -> AppTest:
    app = opened(browser)
    for key, value in asked.items():
        app.query_params[key] = value
    app = app.switch_page(f"{name}.py").run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(one.value for kind in (app.main.markdown, app.main.caption, app.main.info) for one in kind)


@pytest.mark.parametrize("name", ["audit", "refusals", "privacy"])
def test_others_have_no_such_pages_and_are_told_why(signed_in: Browser, name: str):
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        page(signed_in, name)
    app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py")).run()
    assert "for administrators" in words(app)
    assert not app.main.title and not app.main.dataframe


def test_the_log_is_listed_with_names_and_what_was_changed(browser: Browser, boss: User, ann: User, database):
    note(database, Note(boss.id, "change user", ann.id, {"before": {"tier": "trial"}, "after": {"tier": "starter"}}))
    rows = page(browser, "audit").main.dataframe[0].value.to_dict("records")
    newest = {name: rows[0][name] for name in ("Who", "Did", "To", "Details")}
    assert newest == {"Who": "boss", "Did": "change user", "To": "ann", "Details": "tier: trial → starter"}
    assert [row["Did"] for row in rows] == ["change user", "add user", "add user"]


def test_filters_of_the_url_hold_and_can_be_cleared(browser: Browser, boss: User, ann: User, database):
    note(database, Note(boss.id, "read run", "4711", {"owner": ann.id}), Note(boss.id, "set budget", "Marketing"))
    (row,) = page(browser, "audit", who="boss", act="read run", q="ann").main.dataframe[0].value.to_dict("records")
    assert row["Details"] == "owner: ann"
    (row,) = page(browser, "audit", subject="Marketing").main.dataframe[0].value.to_dict("records")
    app = page(browser, "audit", q="nothing")
    assert "No note fits" in words(app)
    app = next(one for one in app.main.button if one.label == "Clear filters").click().run()
    assert len(app.main.dataframe[0].value) == 4


def test_a_note_is_opened_with_before_and_after_and_no_markup_of_strangers(browser, boss: User, ann: User, database):
    details = {"before": {"limit": None, "name": HOSTILE}, "after": {"limit": 5, "name": "plain"}, "reason": HOSTILE}
    note(database, Note(boss.id, "change user", ann.id, details))
    app = page(browser, "audit", note=str(ids(database, "change user")[-1]))
    changed, rest = (table.value for table in app.main.table)
    assert changed.to_dict("records")[1] == {"Changed": "limit", "Before": "–", "After": "**5**"}
    assert changed.to_dict("records")[0] == {"Changed": "name", "Before": literal(HOSTILE), "After": "**plain**"}
    assert rest.to_dict("records") == [{"Detail": "reason", "Value": literal(HOSTILE)}]
    assert r"change user" in words(app) and boss.id.replace("-", r"\-") in words(app)


@pytest.mark.parametrize("number", ["999999", "-1", "x", "9" * 30])
def test_a_note_that_is_not_there_is_said_so(browser: Browser, boss: User, number: str):
    app = page(browser, "audit", note=number)
    assert len(app.main.dataframe) == 1
    assert ("no such note" in words(app)) == (number == "999999")


def test_the_log_is_paged_both_ways(browser: Browser, boss: User, database, monkeypatch):
    monkeypatch.setattr("core.services.audit.PAGE_SIZE", 2)
    note(database, *[Note(boss.id, "set budget", f"budget {number}") for number in range(3)])

    def subjects(app: AppTest) -> list[str]:
        return list(app.main.dataframe[0].value["To"])

    def press(app: AppTest, label: str) -> AppTest:
        return next(one for one in app.main.button if one.label == label).click().run()

    app = page(browser, "audit", act="set budget")
    assert subjects(app) == ["budget 2", "budget 1"]
    app = press(app, "Older")
    assert subjects(app) == ["budget 0"] and "beginning of the log" in words(app)
    assert subjects(press(app, "Newer")) == ["budget 2", "budget 1"]


@pytest.mark.parametrize("place", ["x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~x", f"2026-01-01T00:00:00Z~{2**70}"])
def test_a_place_that_is_none_is_the_beginning(browser: Browser, boss: User, place: str):
    assert len(page(browser, "audit", older=place).main.dataframe[0].value) == 2


def test_links_to_files_ask_for_what_is_listed(browser: Browser, boss: User, database):
    app = opened(browser)
    app.query_params["act"] = "add user"
    app.session_state["download"] = True
    app = app.switch_page("audit.py").run()
    assert "2 notes" in words(app)
    assert [link.proto.url for link in app.main.get("link_button")] == [
        "/api/v1/audit/file?format=csv&act=add+user",
        "/api/v1/audit/file?format=json&act=add+user",
    ]
    days = NotesAsked("bob", None, "x", NOW.date(), NOW.date(), "w")
    assert query(days, AuditFormat.CSV) == {
        "format": "csv",
        "who": "bob",
        "subject": "x",
        "from": str(NOW.date()),
        "to": str(NOW.date()),
        "q": "w",
    }


def test_whatever_is_noted_can_be_read():
    odd = {"before": {"a": [1, "ann-id"], "b": {}, "c": True}, "after": {"a": [], "c": False, "d": {"e": 1234567}}}
    noted = KeptNote("x", "y", "z", {**odd, "f": None, "g": {"h": ["i"]}})
    assert differences(noted, {"ann-id": "ann"}) == [
        ("a", "1, ann", "(none)"),
        ("c", "yes", "no"),
        ("d › e", "–", "1,234,567"),
    ]
    assert others(noted, {}) == [("f", "–"), ("g › h", "i")]
    assert in_short(KeptNote("x", "y", "z", {"after": "new"}), {}) == "value: new"


def refuse(
    database, user: User, code: str = "tier_too_low", message: str = "It needs more.", times: int = 1
) -> Refusal:
    one = Refusal(user.id, "openai/gpt-4o", code, message, NOW, times)
    done, _ = wait([RefusalStore(database).note(one)])
    assert all(each.exception() is None for each in done)
    return one


def test_refusals_are_listed_and_one_opened_leads_to_what_helps(browser: Browser, boss: User, ann: User, database):
    refused = refuse(database, ann, times=3)
    refuse(database, boss, "budget_reached", HOSTILE)
    rows = page(browser, "refusals").main.dataframe[0].value
    assert set(rows["Person"]) == {"ann", "boss"}
    app = page(browser, "refusals", refused="ann", refusal=written(refused))
    assert "The tier does not allow the model" in words(app) and "3 times" in words(app)
    links = [(link.proto.label, link.proto.query_string) for link in app.main.get("page_link")]
    assert links == [("Tier and limits of ann", f"person={ann.id}"), ("What each tier allows", "view=tiers")]
    (hostile,) = page(browser, "refusals", why="A budget has no room").main.dataframe[0].value["What it said"]
    assert hostile == HOSTILE


def test_where_nothing_was_refused_the_page_says_what_would_stand_there(browser: Browser, boss: User, database):
    assert "Nothing was refused" in words(page(browser, "refusals"))
    refuse(database, boss)
    assert "No refusal fits" in words(page(browser, "refusals", refused="nobody"))
    for after in ("x", "[]", '["2026-01-01", "a", "b", "c"]', "7"):
        assert len(page(browser, "refusals", after=after).main.dataframe[0].value) == 1


def test_everybody_reads_the_own_refusals_on_the_account_page(signed_in: Browser, ann: User, accounts, database):
    assert "None in the last 7 days" in words(page(signed_in, "account"))
    refuse(database, ann, message=HOSTILE, times=2)
    refuse(database, accounts.add("bob", PASSWORD, tier=Tier.TRIAL, role=Role.OPS), message="not yours")
    told = words(page(signed_in, "account"))
    assert "2 times" in told and "not yours" not in told and "<img" not in told.replace(r"\<img", "")


def test_reading_others_runs_is_noted_one_by_one_also_in_comparisons(browser: Browser, boss: User, ann: User, database):
    ran = put_on_record(database, {ann.id: "ann", boss.id: "boss"})
    first, second, own = ran(ann, "tides"), ran(ann, "stars"), ran(boss, "mine")
    page(browser, "history", run=str(first.run_id), compare=str(own.run_id))
    assert len(ids(database, "read run")) == 1
    page(browser, "history", run=str(second.run_id), compare=str(first.run_id))
    assert len(ids(database, "read run")) == 2
    page(browser, "history", whose="all")
    assert len(ids(database, "list runs")) == 1
