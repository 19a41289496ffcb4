"""What is noted stays as it was noted."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from core.domain.audit import Note
from core.errors import StoreUnavailable
from core.store.audit import AuditStore
from core.store.tables import audit_log

LONG = timedelta(hours=1)


@pytest.fixture
def audit(database):
    return AuditStore(database)


def notes(database):
    columns = (audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    query = select(*columns).order_by(audit_log.c.id)
    return [tuple(row) for row in database.call(lambda connection: connection.execute(query).all())]


def test_a_note_tells_who_did_what_to_what(database, audit):
    audit.note(Note("bob", "read run", "4711", {"owner": "ann", "many": ("a\x00", 2)}))
    assert notes(database) == [("bob", "read run", "4711", {"owner": "ann", "many": ["a", 2]})]


def test_the_same_is_noted_once_within_a_while(database, audit):
    for _ in range(3):
        audit.note(Note("bob", "read run", "4711", {"owner": "ann"}), again_after=LONG)
    audit.note(Note("eve", "read run", "4711", {"owner": "ann"}), again_after=LONG)
    audit.note(Note("bob", "read run", "4712", {"owner": "ann"}), again_after=LONG)
    audit.note(Note("bob", "read run", "4711", {"owner": "eve"}), again_after=LONG)
    audit.note(Note("bob", "read run", "4711", {"owner": "ann"}), again_after=timedelta(microseconds=1))
    audit.note(Note("bob", "read run", "4711", {"owner": "ann"}))
    assert len(notes(database)) == 6


def test_whatever_its_length_a_subject_is_noted(database, audit):
    audit.note(Note("bob", "list runs", "x" * 900, {}))
    assert notes(database) == [("bob", "list runs", "x" * 200, {})]


@pytest.mark.parametrize("change", [delete(audit_log), update(audit_log).values(actor="eve")], ids=["delete", "update"])
def test_no_note_is_changed_or_removed(database, audit, change):
    audit.note(Note("bob", "read run", "4711", {"owner": "ann"}))
    with pytest.raises(StoreUnavailable):
        database.call(lambda connection: connection.execute(change))
    assert len(notes(database)) == 1
