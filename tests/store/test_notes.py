"""The audit log is read by pages, by every filter, by words, and each page is found by an index."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text, update

from core.domain.audit import NoteFilter, NotePlace
from core.domain.periods import Period
from core.errors import StoreUnavailable
from core.store import notes as reading
from core.store.notes import NoteStore
from core.store.tables import audit_log, users
from core.store.words import LOOKED_AT
from tests.fixtures.runs import add_user

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVERYTHING = NoteFilter()


@pytest.fixture
def store(database):
    return NoteStore(database)


@pytest.fixture
def noted(database):
    """Writes notes a minute apart, the first the oldest: actor, act, subject, details."""

    def write(*notes):
        rows = [
            {"at": NOW + timedelta(minutes=minute), "actor": actor, "act": act, "subject": subject, "details": details}
            for minute, (actor, act, subject, details) in enumerate(notes)
        ]
        database.call(lambda connection: connection.execute(insert(audit_log), rows))

    return write


SOME = (
    ("bob", "add user", "ann", {"after": {"tier": "trial"}}),
    ("eve", "set budget", "marketing", {"before": {"limit": "5"}, "after": {"limit": "10.50"}}),
    ("bob", "read run", "4711", {"owner": "ann"}),
    ("bob", "set budget", "research", {"after": {"limit": "99"}}),
)


def subjects(store, filter=EVERYTHING, **place):
    return [note.subject for note in store.page(filter, size=9, **place).notes]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        (EVERYTHING, ["research", "4711", "marketing", "ann"]),
        (NoteFilter(actor="bob"), ["research", "4711", "ann"]),
        (NoteFilter(act="set budget"), ["research", "marketing"]),
        (NoteFilter(actor="bob", act="set budget"), ["research"]),
        (NoteFilter(subject="ann"), ["ann"]),
        (NoteFilter(period=Period(NOW, NOW + timedelta(minutes=2))), ["marketing", "ann"]),
        (NoteFilter(words=("ann",)), ["4711", "ann"]),
        (NoteFilter(words=("10.50",)), ["marketing"]),
        (NoteFilter(words=("limit mark",)), ["marketing"]),
        (NoteFilter(words=("research", "trial")), ["research", "ann"]),
        (NoteFilter(words=("ann",), act="read run"), ["4711"]),
        (NoteFilter(words=("nothing like it",)), []),
        (NoteFilter(words=("…",)), []),
        (NoteFilter(words=("' | !) <",)), []),
    ],
)
def test_notes_are_found_by_what_is_asked(store, noted, filter, found):
    noted(*SOME)
    assert subjects(store, filter) == found
    assert store.count(filter) == len(found)
    assert [note.subject for note in store.piece(filter, size=9)[0]] == found


@pytest.mark.parametrize("filter", [EVERYTHING, NoteFilter(words=("note",))])
def test_pages_follow_each_other_both_ways_also_at_one_instant(store, database, filter):
    rows = [
        {"at": NOW, "actor": "bob", "act": "read run", "subject": str(n), "details": {"a": "note"}} for n in range(7)
    ]
    database.call(lambda connection: connection.execute(insert(audit_log), rows))
    first = store.page(filter, size=3)
    second = store.page(filter, size=3, older_than=first.older)
    last = store.page(filter, size=3, older_than=second.older)
    pages = [[note.subject for note in page.notes] for page in (first, second, last)]
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    assert (first.newer, last.older) == (None, None)
    back = store.page(filter, size=3, newer_than=last.newer)
    assert back.notes == second.notes and back.older == second.older
    assert store.page(filter, size=3, newer_than=back.newer).newer is None


def test_names_stand_for_people_but_for_those_who_are_erased(store, noted, database):
    for user_id in ("ann", "bob", "eve"):
        add_user(database, user_id)
    gone = update(users).where(users.c.id == "eve").values(username="erased-eve", erased_at=NOW)
    database.call(lambda connection: connection.execute(gone))
    noted(("bob", "read run", "4711", {"owner": "ann"}), ("eve", "list runs", "everybody", {}))
    assert store.page(EVERYTHING, size=9).names == {"ann": "ann", "bob": "bob"}
    assert store.actors(2) == {"bob": "bob", "eve": "eve"}
    assert store.actors(1) is None
    assert store.acts() == ["list runs", "read run"]
    found = store.find(store.page(EVERYTHING, size=9).notes[1].id)
    assert found and (found[0].details, found[1]) == ({"owner": "ann"}, {"ann": "ann", "bob": "bob"})
    assert store.find(10**12) is None
    assert (store.id_of("ANN"), store.id_of("nobody")) == ("ann", None)


@pytest.fixture
def crowded(database):
    """Many notes, most of them alike: words of the first tenth are not among the newest thousand."""
    fill = """
        INSERT INTO audit_log (at, actor, act, subject, details)
        SELECT timestamptz '2026-11-20 12:00Z' + n * interval '1 s', 'actor' || n % 60, 'act' || n % 70,
            'subject' || n % 50,
            jsonb_build_object('owner', CASE WHEN n <= 800 THEN 'early' ELSE 'late' END)
        FROM generate_series(1, 8000) AS n"""
    database.call(lambda connection: connection.execute(text(fill)), limit_s=60)
    return database


@pytest.mark.parametrize("rare", [10_000, 100], ids=["by the index", "on the walk"])
def test_words_far_back_are_found_in_order_whether_rare_or_not(crowded, store, monkeypatch, rare):
    monkeypatch.setattr(reading, "RARE", rare)
    page = store.page(NoteFilter(words=("early",)), size=3)
    assert [note.at for note in page.notes] == [NOW + timedelta(seconds=800 - n) for n in range(3)]
    assert LOOKED_AT < 7_200


INDEXED = {
    "ix_audit_log_at": EVERYTHING,
    "ix_audit_log_actor": NoteFilter(actor="actor1"),
    "ix_audit_log_act": NoteFilter(act="act1"),
    "ix_audit_log_actor_act": NoteFilter(actor="actor1", act="act1"),
    "ix_audit_log_subject": NoteFilter(subject="subject1"),
}


@pytest.mark.parametrize(("index", "filter"), INDEXED.items(), ids=list(INDEXED))
def test_a_page_far_back_is_read_by_its_index(crowded, index, filter):
    crowded.call(lambda connection: connection.execute(text("ANALYZE audit_log")))
    place = NotePlace(NOW + timedelta(seconds=6_000), 10**9)

    def plan(connection):
        wanted = [*reading.conditions(filter), *reading.older(place)]
        query = reading.query_of(wanted, 51, newest=True)
        compiled = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
        return "\n".join(connection.scalars(text(f"EXPLAIN {str(compiled).replace(':', chr(92) + ':')}")))

    told = crowded.call(plan)
    assert f" {index} " in told and "Seq Scan" not in told, told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'eve'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE false",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log (id, actor, act, subject) OVERRIDING SYSTEM VALUE SELECT id, 'eve', act, subject"
        " FROM audit_log ON CONFLICT (id) DO UPDATE SET actor = 'eve'",
        "WITH gone AS (DELETE FROM audit_log RETURNING 1) SELECT count(*) FROM gone",
    ],
)
def test_the_owner_of_the_table_changes_nothing_of_it(store, noted, database, statement):
    noted(*SOME)
    owner = "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'audit_log'"
    assert database.call(lambda connection: connection.scalar(text(owner)))
    with pytest.raises(StoreUnavailable) as refused:
        database.call(lambda connection: connection.execute(text(statement)))
    assert "only ever added to" in str(refused.value.__cause__)
    assert subjects(store) == ["research", "4711", "marketing", "ann"]
