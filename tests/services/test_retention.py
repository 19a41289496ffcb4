"""Texts stay as long as administrators say, and are gone then: from every table and every file."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.runs import RunStatus
from core.errors import Forbidden, InvalidRequest
from core.services.copies import Copies
from core.services.lab_settings import LONGEST_DAYS, LabSettings
from core.services.retention import Left, Retention
from core.store.audit import AuditStore
from core.store.changes import ChangeStore, Topic
from core.store.history import HistoryStore
from core.store.lab_settings import LabSettingStore
from core.store.ledger import Ledger
from core.store.spool import Spool
from core.store.tables import audit_log, llm_usage_logs
from core.store.texts import TextStore
from tests.fixtures.dumps import found
from tests.fixtures.runs import NOW, add_user, admission, admit, outcome, record

ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)
BOB = User("bob", "bob", Tier.ENTERPRISE, Role.ADMIN)
PLANTED, ANSWERED, SAID = "planted in the prompt", "planted in the answer", "planted in the error"
LONG_AGO = NOW - timedelta(days=31)


@pytest.fixture
def settings(database):
    settings = LabSettings(LabSettingStore(database), 30)
    settings.load()
    return settings


@pytest.fixture
def ledger(database, settings):
    add_user(database, ANN.id)
    return Ledger(database, instance_id=1, keeps_texts=settings.keeps_texts)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


@pytest.fixture
def retention(database, settings, ledger, spool):
    stores = LabSettingStore(database), ledger, TextStore(database), spool, AuditStore(database)
    return Retention(settings, *stores, now=lambda: NOW)


@pytest.fixture
def notes(database):
    query = select(audit_log.c.actor, audit_log.c.act, audit_log.c.details).order_by(audit_log.c.id)
    return lambda: [tuple(row) for row in database.call(lambda connection: connection.execute(query).all())]


def planted(ledger, started_at=LONG_AGO):
    """Record a run that left texts wherever they may lie."""
    run = admission("ann", PLANTED, started_at=started_at)
    return record(ledger, run, text=ANSWERED, status=RunStatus.ERROR, error_message=SAID)


def written_by_others(database, started_at=LONG_AGO):
    """Write a run with the contract's columns only, whose excerpts are all of its texts."""
    row = {"id": admission().run_id, "user_id": "ann", "model_name": "openai/x", "created_at": started_at}
    row["metadata"] = {"prompt": PLANTED, "response": ANSWERED}
    database.call(lambda connection: connection.execute(insert(llm_usage_logs).values(row)))


def test_what_is_cleared_is_gone_from_the_whole_database_and_is_proved_to_be(retention, database, ledger, notes):
    old, new = planted(ledger), planted(ledger, NOW)
    written_by_others(database)
    assert retention.overdue(BOB) == Left(texts=1, excerpts=2, errors=1)
    purged = retention.purge(BOB)
    assert (purged.before.all, purged.after) == (4, Left(0, 0, 0))
    kept = HistoryStore(database).find(new.run_id)
    assert kept and (kept.prompt, kept.response, kept.error_message) == (PLANTED, ANSWERED, SAID)
    gone = HistoryStore(database).find(old.run_id)
    assert gone and (gone.prompt, gone.response, gone.error_message, gone.messages) == (None,) * 4
    assert gone.cost == old.cost and gone.error_code == old.error_code
    retention._now = lambda: NOW + timedelta(days=31)
    retention.purge(BOB)
    assert found(database, PLANTED, ANSWERED, SAID) == []
    assert [act for _, act, _ in notes()] == ["purge texts"] * 2
    assert notes()[0][2]["left"] == {"before": 4, "after": 0}


def test_planted_texts_are_found_while_they_are_there(database, ledger):
    planted(ledger)
    tables = {table for table, _ in found(database, PLANTED, ANSWERED, SAID)}
    assert any("run_texts" in table for table in tables) and any("llm_usage_months" in table for table in tables)


def test_files_of_the_spool_lose_their_texts_and_are_still_settled(retention, database, ledger, spool, tmp_path):
    run = admission("ann", PLANTED, started_at=LONG_AGO)
    admit(ledger, run)
    spool.keep(outcome(run, text=ANSWERED, error_message=SAID))
    (tmp_path / "0.torn").write_text(ANSWERED)
    files = sorted(tmp_path.iterdir())
    retention._now = lambda: NOW + timedelta(days=3650)  # by the clock of the disk
    assert retention.overdue(BOB).files == 2
    retention.purge(BOB)
    assert [path.name for path in files if path.exists()] == [f"{run.run_id}.json"]
    assert not any(one.encode() in path.read_bytes() for path in tmp_path.iterdir() for one in (ANSWERED, SAID))
    assert spool.replay(lambda kept: ledger.settle(kept).result()) == 1
    settled = HistoryStore(database).find(run.run_id)
    assert settled and settled.status is RunStatus.COMPLETED and settled.cost == outcome(run).cost


def test_the_chore_clears_and_looks_for_strays_from_where_it_was(retention, database, ledger):
    planted(ledger)
    written_by_others(database)
    retention.clear()
    assert found(database, PLANTED, ANSWERED, SAID) == []
    written_by_others(database, LONG_AGO - timedelta(days=9))
    retention.clear()
    assert retention.overdue(BOB) == Left(texts=0, excerpts=1, errors=0)
    retention.purge(BOB)
    assert retention.overdue(BOB).all == 0


def test_runs_under_way_are_left_alone(retention, database, ledger):
    admit(ledger, admission("ann", PLANTED, started_at=LONG_AGO))
    assert retention.purge(BOB).before.all == 0
    assert found(database, PLANTED)


def test_what_an_administrator_sets_holds_in_every_process_and_is_noted(database, settings, notes):
    elsewhere = LabSettings(LabSettingStore(database), 30)
    copies = Copies(ChangeStore(database))
    copies.keep(Topic.SETTINGS, elsewhere.load)
    settings.set_retention(BOB, 7)
    assert (settings.retention_days, elsewhere.retention_days) == (7, 30)
    copies.refresh()
    assert elsewhere.retention_days == 7
    assert notes() == [("bob", "set retention", {"before": {"days": 30}, "after": {"days": 7}})]


@pytest.mark.parametrize("days", [-1, LONGEST_DAYS + 1])
def test_what_is_no_time_is_refused_and_changes_nothing(settings, notes, days):
    with pytest.raises(InvalidRequest, match="Nothing was changed"):
        settings.set_retention(BOB, days)
    assert (settings.retention_days, notes()) == (30, [])


def test_where_none_are_kept_nothing_of_a_run_is_ever_written_down(settings, database, ledger):
    settings.set_retention(BOB, 0)
    ended = planted(ledger, NOW)
    assert found(database, PLANTED, ANSWERED, SAID) == []
    run = HistoryStore(database).find(ended.run_id)
    assert run and (run.status, run.cost, run.messages) == (RunStatus.ERROR, ended.cost, None)


def test_a_run_that_began_before_is_cleared_with_the_others(settings, retention, database, ledger):
    run = admission("ann", PLANTED, started_at=NOW - timedelta(seconds=1))
    admit(ledger, run)
    settings.set_retention(BOB, 0)
    assert ledger.settle(outcome(run, text=ANSWERED)).result()
    retention.clear()
    assert found(database, PLANTED, ANSWERED) == []


@pytest.mark.parametrize("act", ["overdue", "purge", "set_retention"])
def test_nobody_else_sees_or_changes_it(retention, settings, act):
    with pytest.raises(Forbidden):
        if act == "set_retention":
            settings.set_retention(ANN, 1)
        else:
            getattr(retention, act)(ANN)
