"""Files that pages link to: the audit log, and a person's data. They are for browsers, and for whom they concern."""

import csv
import json
from io import StringIO

import httpx
import pytest

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.audit import Note
from core.domain.queries import HistoryFilter
from core.domain.web import SESSION_COOKIE
from core.services.audit import NotesAsked
from core.store.audit import AuditStore
from tests.fixtures.accounts import ADDRESS, AGENT
from tests.fixtures.http import Served
from tests.fixtures.lab import add_user, ended, start


@pytest.fixture
def boss(served: Served) -> User:
    return add_user(served.lab, "boss", role=Role.ADMIN)


@pytest.fixture
def ann(served: Served) -> User:
    return add_user(served.lab, "ann")


def browser(served: Served, user: User) -> httpx.Client:
    """A browser in which the user is signed in."""
    token = served.lab.accounts.open_session(user, ADDRESS, AGENT)
    return served.anybody(cookies={SESSION_COOKIE: token})


def noted(served: Served, boss: User) -> list[tuple[str, str, dict]]:
    return [(note.act, note.subject, dict(note.details)) for note in served.lab.audit.page(boss, NotesAsked()).notes]


def test_an_administrator_takes_the_log_as_a_file(served, boss, ann):
    AuditStore(served.lab.database).note(Note(boss.id, "read run", "4711", {"owner": ann.id}))
    AuditStore(served.lab.database).note(Note(boss.id, "set budget", "Marketing"))
    with browser(served, boss) as client:
        whole = client.get("/audit/file", params={"act": "read run", "q": "ann", "who": "boss"})
        assert (whole.status_code, whole.headers["x-total-rows"]) == (200, "1")
        assert whole.headers["content-disposition"] == 'attachment; filename="audit.csv"'
        (row,) = csv.DictReader(StringIO(whole.text))
        assert (row["actor"], row["subject"]) == ("boss", "4711")
        as_json = client.get("/audit/file", params={"format": "json", "from": "2000-01-01"}).json()
        assert [one["act"] for one in as_json][:3] == ["export audit", "set budget", "read run"]
        for wrong in ({"format": "parquet"}, {"from": "x"}, {"since": "2000-01-01"}):
            assert client.get("/audit/file", params=wrong).status_code == 422
        assert client.get("/audit/file", params={"from": "2026-02-02", "to": "2026-02-01"}).status_code == 422
    assert [act for act, _, _ in noted(served, boss)].count("export audit") == 2


def test_everybody_takes_the_own_data_and_nobody_anothers(served, boss, ann):
    run = start(served.lab, ann, "openai/sim/words")
    ended(run)
    with browser(served, ann) as client:
        own = client.get(f"/people/{ann.id}/data")
        assert own.headers["content-disposition"] == 'attachment; filename="data-ann.json"'
        data = json.loads(own.text)
        assert [one["id"] for one in data["runs"]] == [str(run.admission.run_id)]
        assert client.get(f"/people/{boss.id}/data").status_code == 403
        assert client.get("/audit/file").status_code == 403
    assert noted(served, boss) == []
    with browser(served, boss) as client:
        assert json.loads(client.get(f"/people/{ann.id}/data").text)["account"]["username"] == "ann"
        assert client.get("/people/nobody/data").status_code == 404
    assert noted(served, boss) == [("export person", ann.id, {})]


def test_no_token_and_no_stranger_reaches_them(served, boss, ann):
    for client in (served.client(boss), served.anybody()):
        with client:
            for path in ("/audit/file", f"/people/{boss.id}/data"):
                assert client.get(path).status_code in (401, 403)
    assert noted(served, boss) == []


def test_taking_others_runs_over_http_is_noted_and_reading_them_is_not_possible(served, boss, ann):
    run = start(served.lab, ann, "openai/sim/words")
    ended(run)
    with served.client(boss) as client:
        assert client.get(f"/llm/test/history/{run.admission.run_id}").status_code == 404
        assert client.get("/llm/test/history").json()["total"] == 0
        assert noted(served, boss) == []
        assert str(run.admission.run_id) in client.get("/llm/test/export", params={"whose": "all"}).text
        assert str(run.admission.run_id) in client.get("/llm/test/export", params={"person": "ann"}).text
    assert [(act, subject) for act, subject, _ in noted(served, boss)] == [
        ("export runs", "ann"),
        ("export runs", "everybody"),
    ]
    assert served.lab.history.page(boss, HistoryFilter()).rows == []
