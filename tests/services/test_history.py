"""Everybody reads the own history and nobody else's, but an administrator with a note of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.errors import InvalidRequest, NotFound, StoreUnavailable
from core.services.history import History
from core.store.audit import AuditStore
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.tables import audit_log
from tests.fixtures.runs import NOW, add_user, admission, admit, record

ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)
BOB = User("bob", "bob", Tier.ENTERPRISE, Role.ADMIN)
PAM = User("pam", "pam", Tier.ENTERPRISE, Role.PM)
NAMES = {"ann": "Ann", "bob": "Bob"}
ALL = HistoryFilter()


@pytest.fixture
def history(database):
    return History(HistoryStore(database), ZoneInfo("Asia/Kathmandu"), AuditStore(database), lambda: NAMES)


@pytest.fixture
def notes(database):
    """All that was noted, as it was noted."""
    columns = (audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    query = select(*columns).order_by(audit_log.c.id)
    return lambda: [tuple(row) for row in database.call(lambda connection: connection.execute(query).all())]


@pytest.fixture
def no_notes(history, monkeypatch):
    """The log takes no notes."""

    def refuse(*_, **__):
        raise StoreUnavailable("no")

    monkeypatch.setattr(AuditStore, "note", refuse)


@pytest.fixture
def ledger(database):
    add_user(database, ANN.id)
    add_user(database, BOB.id)
    return Ledger(database, instance_id=1)


@pytest.mark.parametrize("asked", [ALL, HistoryFilter(user_id="bob"), HistoryFilter(user_id="")])
def test_a_page_holds_only_the_own_runs_whatever_the_filter_says(history, ledger, asked):
    mine = record(ledger, admission(ANN.id))
    record(ledger, admission(BOB.id))
    assert [row.id for row in history.page(ANN, asked).rows] == [mine.run_id]


@pytest.mark.parametrize("user", [ANN, PAM], ids=["ops", "pm"])
def test_nobody_opens_the_run_of_another(history, ledger, notes, user):
    anothers = record(ledger, admission(BOB.id))
    for asked in (anothers.run_id, str(anothers.run_id), uuid4(), "no id at all", ""):
        with pytest.raises(NotFound, match="no such run"):
            history.open(user, asked)
    assert notes() == []


@pytest.mark.parametrize("user", [ANN, PAM], ids=["ops", "pm"])
def test_everybodys_runs_are_not_listed_for_whoever_asks(history, ledger, notes, user):
    record(ledger, admission(BOB.id))
    assert history.page(user, ALL, everybody=True).rows == []
    assert history.page(user, HistoryFilter(user_id="bob"), everybody=True).rows == []
    assert (history.people(user), notes()) == ({}, [])


def test_an_administrator_opens_anothers_run_and_it_is_noted(history, ledger, notes):
    mine, his = record(ledger, admission(ANN.id)), record(ledger, admission(BOB.id))
    assert history.open(BOB, his.run_id).user_id == "bob"
    assert notes() == []
    for _ in range(2):
        assert history.open(BOB, str(mine.run_id)).response == "Because of Rayleigh scattering."
    assert notes() == [("bob", "read run", str(mine.run_id), {"owner": "ann"})]
    with pytest.raises(NotFound, match="no such run"):
        history.open(BOB, uuid4())


def test_an_administrator_lists_everybodys_runs_where_asked_and_it_is_noted_once_for_each_filter(
    history, ledger, notes
):
    mine, his = record(ledger, admission(ANN.id)), record(ledger, admission(BOB.id))
    assert [row.id for row in history.page(BOB, ALL).rows] == [his.run_id]
    assert notes() == []
    first = history.page(BOB, ALL, everybody=True, size=1)
    second = history.page(BOB, ALL, everybody=True, size=1, older_than=first.older)
    assert {row.id for page in (first, second) for row in page.rows} == {mine.run_id, his.run_id}
    anns = HistoryFilter(user_id="ann", status=RunStatus.COMPLETED)
    assert [row.id for row in history.page(BOB, anns, everybody=True).rows] == [mine.run_id]
    asked = {"user_id": "ann", "status": "completed"}
    assert notes() == [
        ("bob", "list runs", "everybody", {"filter": {}}),
        ("bob", "list runs", "ann", {"filter": asked}),
    ]
    assert history.people(BOB) == NAMES


@pytest.mark.usefixtures("no_notes")
def test_without_a_note_an_administrator_reads_nothing_of_others(history, ledger):
    anns, his = record(ledger, admission(ANN.id)), record(ledger, admission(BOB.id))
    with pytest.raises(StoreUnavailable):
        history.open(BOB, anns.run_id)
    with pytest.raises(StoreUnavailable):
        history.page(BOB, ALL, everybody=True)
    assert [row.id for row in history.page(BOB, ALL).rows] == [history.open(BOB, his.run_id).id]


def test_programs_read_only_the_own_runs_even_an_administrators(history, ledger):
    anns = record(ledger, admission(ANN.id))
    with pytest.raises(NotFound, match="no such run"):
        history.ended(BOB, anns.run_id)
    assert history.ended(ANN, anns.run_id).id == anns.run_id


def test_the_place_of_a_day_is_where_it_ends_in_the_reporting_zone(history, ledger):
    first = record(ledger, admission(ANN.id, started_at=datetime(2026, 11, 20, 18, 14, 59, tzinfo=UTC)))
    record(ledger, admission(ANN.id, started_at=datetime(2026, 11, 20, 18, 15, tzinfo=UTC)))
    page = history.page(ANN, ALL, older_than=history.until(date(2026, 11, 20)))
    assert ([row.id for row in page.rows], page.newer is None) == ([first.run_id], False)
    with pytest.raises(InvalidRequest):
        history.until(date.max)


def test_pages_follow_each_other_and_are_never_too_large(history, ledger):
    runs = [record(ledger, admission(ANN.id, started_at=NOW + timedelta(minutes=number))) for number in range(5)]
    first = history.page(ANN, ALL, size=2)
    second = history.page(ANN, ALL, size=2, older_than=first.older)
    assert [row.id for row in (*first.rows, *second.rows)] == [run.run_id for run in reversed(runs[1:])]
    assert history.page(ANN, ALL, size=2, newer_than=second.newer).rows == first.rows
    assert len(history.page(ANN, ALL, size=0).rows) == 1
    assert len(history.page(ANN, ALL, size=10**9).rows) == 5


def test_entries_are_the_own_runs_that_have_ended_with_their_texts(history, ledger):
    going = admission("ann", started_at=NOW + timedelta(minutes=1))
    admit(ledger, going)
    ended = record(ledger, admission("ann", prompt="q" * 900), text="a" * 900)
    record(ledger, admission("bob"))
    found = history.entries(ANN, HistoryFilter())
    assert (found.total, found.older, [entry.id for entry in found.entries]) == (1, None, [ended.run_id])
    assert (found.entries[0].prompt, found.entries[0].response) == ("q" * 900, "a" * 900)
    assert history.ended(ANN, ended.run_id).id == ended.run_id
    with pytest.raises(NotFound, match="still going"):
        history.ended(ANN, going.run_id)


def test_days_are_those_of_the_reporting_zone_and_may_be_open(history):
    one_day = history.period(date(2026, 11, 20), date(2026, 11, 20))
    assert one_day.start.astimezone(UTC).isoformat() == "2026-11-19T18:15:00+00:00"
    assert one_day.end - one_day.start == timedelta(days=1)
    assert history.period(None, None) is None
    assert history.period(date(2026, 11, 20), None).end.year == 2999
    for first, last in ((date(2026, 2, 2), date(2026, 2, 1)), (date.min, date.max)):
        with pytest.raises(InvalidRequest):
            history.period(first, last)
