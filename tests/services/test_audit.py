"""Administrators read the whole log in the words of people, and take it as a file, which is noted; nobody else does."""

import csv
import json
from dataclasses import replace
from datetime import date
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.audit import Note, changes, difference, flat
from core.errors import Forbidden, InvalidRequest, NotFound
from core.services import audit as service
from core.services.audit import AuditFormat, NotesAsked, audit_over
from core.store.audit import AuditStore
from tests.fixtures.runs import add_user

BOB = User("id-of-bob", "bob", Tier.ENTERPRISE, Role.ADMIN)
ANN = replace(BOB, id="id-of-ann", role=Role.OPS)
ALL = NotesAsked()


@pytest.fixture
def audit(database):
    return audit_over(database, ZoneInfo("Asia/Kathmandu"))


@pytest.fixture
def noted(database):
    """Bob did something to ann, to a budget that is called like a formula, and read a run of hers."""
    for user_id in ("ann", "bob"):
        add_user(database, user_id)
    store = AuditStore(database)
    store.note(Note("bob", "change user", "ann", difference({"tier": "trial"}, {"tier": "starter"})))
    store.note(Note("bob", "set budget", "=HYPERLINK(1)", {"after": {"limit": "10"}}))
    store.note(Note("bob", "read run", "4711", {"owner": "ann"}))
    return store


def acts(audit, asked=ALL):
    return [note.act for note in audit.page(BOB, asked).notes]


def whole(export):
    return b"".join(export.pieces).decode()


@pytest.mark.parametrize("act", ["page", "open", "acts", "actors", "count", "export"])
@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_nobody_else_reads_any_of_it(audit, noted, act, role):
    given = {"page": (ALL,), "open": (1,), "count": (ALL,), "export": (ALL, AuditFormat.CSV)}.get(act, ())
    with pytest.raises(Forbidden):
        getattr(audit, act)(replace(ANN, role=role), *given)
    assert acts(audit) == ["read run", "set budget", "change user"]


def test_people_are_asked_for_by_name_and_what_is_about_them_is_found(audit, noted):
    assert acts(audit, NotesAsked(who="BOB")) == ["read run", "set budget", "change user"]
    assert acts(audit, NotesAsked(who="ann")) == acts(audit, NotesAsked(who="nobody")) == []
    assert acts(audit, NotesAsked(subject="ann")) == ["change user"]
    assert acts(audit, NotesAsked(words="ann")) == ["read run", "change user"]
    assert acts(audit, NotesAsked(words="starter")) == ["change user"]
    assert acts(audit, NotesAsked(act="set budget")) == ["set budget"]
    assert acts(audit, NotesAsked(first=date(2000, 1, 1), last=date(2000, 1, 2))) == []
    with pytest.raises(InvalidRequest, match="first day"):
        audit.page(BOB, NotesAsked(first=date(2026, 1, 2), last=date(2026, 1, 1)))


def test_a_note_is_opened_with_the_names_of_its_people(audit, noted):
    read = audit.page(BOB, ALL).notes[0]
    assert audit.open(BOB, read.id) == (read, {"ann": "ann", "bob": "bob"})
    with pytest.raises(NotFound):
        audit.open(BOB, 10**9)


def test_the_log_comes_as_csv_in_which_nothing_is_a_formula(audit, noted):
    rows = list(csv.DictReader(StringIO(whole(audit.export(BOB, ALL, AuditFormat.CSV))), strict=True))
    assert [row["act"] for row in rows] == ["read run", "set budget", "change user"]
    assert [row["subject"] for row in rows] == ["4711", "'=HYPERLINK(1)", "ann"]
    assert json.loads(rows[2]["details"]) == {"before": {"tier": "trial"}, "after": {"tier": "starter"}}


def test_the_log_comes_as_json_in_pieces_that_make_one_whole(audit, noted, monkeypatch):
    monkeypatch.setattr(service, "PIECE", 1)
    export = audit.export(BOB, ALL, AuditFormat.JSON)
    rows = json.loads(whole(export))
    assert (export.runs, [row["subject"] for row in rows]) == (3, ["4711", "=HYPERLINK(1)", "ann"])
    assert json.loads(whole(audit.export(BOB, NotesAsked(act="none"), AuditFormat.JSON))) == []
    assert json.loads(whole(audit.export(BOB, NotesAsked(act="set budget"), AuditFormat.JSON)))[0]["id"]


def test_taking_it_is_noted_without_a_name_and_is_not_in_the_file(audit, noted):
    file = whole(audit.export(BOB, NotesAsked(subject="ann", words="ann"), AuditFormat.CSV))
    assert file.count("\r\n") == 2
    note = audit.page(BOB, ALL).notes[0]
    assert (note.actor, note.act, note.details["format"]) == (BOB.id, "export audit", "csv")
    assert note.details["filter"]["subject"] == "ann"


VALUES = some.dictionaries(
    some.text(some.characters(categories=["L"]), min_size=1),
    some.recursive(
        some.none() | some.integers() | some.text(),
        lambda inner: some.dictionaries(some.text(some.characters(categories=["L"]), min_size=1), inner, min_size=1),
        max_leaves=6,
    ),
)


@given(before=VALUES, after=VALUES)
def test_what_was_changed_is_told_of_every_value(before, after):
    told = changes(difference(before, after))
    assert told is not None
    assert {name for name, _, _ in told} == {
        name
        for side in (before, after)
        for name in flat({key: value for key, value in side.items() if before.get(key) != after.get(key)})
    }
    assert all(old == flat(before).get(name) and new == flat(after).get(name) for name, old, new in told)


def test_details_without_a_change_tell_of_none():
    assert changes({"owner": "ann"}) is None
    assert changes({"after": {"limits": {"runs": 5}}}) == [("limits.runs", None, 5)]
    assert changes({"before": "a", "after": "b"}) == [("", "a", "b")]
