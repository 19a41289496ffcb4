"""What the database could not be told outlives a crash, and is told once."""

import os
from uuid import uuid4

import pytest

from core.errors import StoreUnavailable
from core.store.spool import Spool
from tests.fixtures.runs import admission, admit, outcome


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


def refuse(_):
    raise StoreUnavailable("away")


def test_an_outcome_is_kept_whole_and_only_for_us(folder):
    ended = outcome(admission(), raw_usage={"total": 3}, notices=("Left out.",))
    Spool(folder).keep(ended)
    seen = []
    assert Spool(folder).replay(lambda kept: seen.append(kept) or True) == 1
    assert seen == [ended]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_files_are_readable_only_for_us(folder):
    Spool(folder).keep(outcome(admission()))
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_same_spool_replayed_twice_makes_one_record(database, ledger, folder):
    spool, run = Spool(folder), admission()
    admit(ledger, run)
    spool.keep(outcome(run))
    copy = {file.name: file.read_bytes() for file in folder.iterdir()}
    settled = []
    assert spool.replay(lambda kept: settled.append(ledger.settle(kept).result())) == 1
    for name, content in copy.items():  # a crash between the commit and the deletion leaves the file
        (folder / name).write_bytes(content)
    assert spool.replay(lambda kept: settled.append(ledger.settle(kept).result())) == 1
    assert settled == [True, False]
    assert spool.depth == 0


def test_outcomes_wait_while_the_database_is_away(folder):
    spool = Spool(folder)
    for _ in range(3):
        spool.keep(outcome(admission()))
    assert spool.replay(refuse) == 0
    assert spool.depth == 3


def test_they_are_told_oldest_first(folder):
    spool, runs = Spool(folder), [admission() for _ in range(5)]
    for age, run in enumerate(runs):
        spool.keep(outcome(run))
        os.utime(folder / f"{run.run_id}.json", (age, age))
    told = []
    spool.replay(lambda kept: told.append(kept.run_id) or True)
    assert told == [run.run_id for run in runs]


def test_a_torn_file_is_set_aside_and_the_others_go_on(folder):
    spool = Spool(folder)
    spool.keep(outcome(admission()))
    torn = folder / f"{uuid4()}.json"
    torn.write_bytes(outcome(admission()).model_dump_json().encode()[:100])
    assert spool.replay(lambda _: True) == 1
    assert (spool.depth, spool.torn) == (0, 1)


def test_a_crash_while_writing_leaves_nothing_to_replay(folder):
    spool = Spool(folder)
    (folder / f"{uuid4()}.part").write_bytes(b'{"run_id"')
    assert spool.depth == 0
    assert spool.replay(lambda _: True) == 0


def test_a_disk_that_refuses_is_said_loudly(folder, caplog):
    spool = Spool(folder)
    folder.rmdir()
    with pytest.raises(StoreUnavailable):
        spool.keep(outcome(admission()))
    assert caplog.records[-1].levelname == "CRITICAL"
