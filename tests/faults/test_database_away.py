"""A database that is down, frozen or killed: a run is refused in time or kept, told whole, and recorded once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Event
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core import composition
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.engine import settlement
from core.errors import StoreUnavailable
from core.settings import ROOT
from core.store.database import Database
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.spool import Spool
from core.store.tables import llm_usage_logs as logs
from tests.fixtures.lab import add_user, calls, ended, running_lab, start
from tests.fixtures.runs import add_user as add_owner
from tests.fixtures.runs import admission, admit, outcome, running
from tests.fixtures.servers import Server, eventually

LIMIT_S = 0.5
POOL = 4
WAYS = ["down", "frozen", "killed"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def lab(server, simulator, folder):
    """A lab of little patience with its database, over a server that may be taken away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "Database", partial(Database, limit_s=LIMIT_S, pool_size=POOL))
        patch.setattr(settlement, "REPLAY_EVERY_S", 0.2)
        with running_lab(server.url, simulator, folder) as lab:
            yield lab


@pytest.fixture
def ann(lab, simulator):
    """Somebody new, while the database is there."""
    eventually(lab.database.ready)
    simulator.clear()
    return add_user(lab, uuid4().hex)


def away(server, way):
    return getattr(server, way)()


def record_of(lab, user):
    (row,) = lab.history.page(user, HistoryFilter()).rows
    return lab.history.open(user, row.id)


@pytest.mark.alone
@pytest.mark.parametrize("way", WAYS)
def test_before_a_run_it_is_refused_in_time_and_no_provider_is_called(lab, ann, server, simulator, way):
    with away(server, way):
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            start(lab, ann, "openai/sim/words")
        assert time.monotonic() - begun < LIMIT_S + 0.5
    assert calls(simulator) == []
    eventually(lab.database.ready)
    assert ended(start(lab, ann, "openai/sim/words")).status is RunStatus.COMPLETED
    assert lab.runs.allowance(ann).runs_used == 1


@pytest.mark.parametrize("way", WAYS)
def test_at_the_end_of_a_run_the_answer_is_whole_and_settled_once_when_it_is_back(lab, ann, server, folder, way):
    spool = Spool(folder / "spool")
    run = start(lab, ann, "openai/sim/words?n=30&rate=25")
    with away(server, way):
        told = ended(run)
        assert (told.status, len(told.text.split())) == (RunStatus.COMPLETED, 30)
        assert spool.depth == 1
    eventually(lambda: spool.depth == 0)
    record = record_of(lab, ann)
    assert (record.status, record.response, record.cost) == (told.status, told.text, told.cost)
    assert running(lab.database, ann.id) == 0
    assert not lab.runs.live(ann)


def test_when_the_disk_refuses_too_the_answer_is_whole_and_it_is_said_loudly(lab, ann, server, folder, caplog):
    run = start(lab, ann, "openai/sim/words?n=30&rate=25")
    (folder / "spool").rename(folder / "elsewhere")
    (folder / "spool").write_text("a file in its place")
    try:
        with server.down():
            assert len(ended(run).text.split()) == 30
    finally:
        (folder / "spool").unlink()
        (folder / "elsewhere").rename(folder / "spool")
    assert str(run.admission.run_id) in "".join(
        record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"
    )
    eventually(lab.database.ready)
    assert record_of(lab, ann).status is RunStatus.STARTED
    late = run.admission.deadline_at + timedelta(seconds=61)
    Ledger(lab.database, instance_id=1).sweep(late)
    assert record_of(lab, ann).status is RunStatus.UNKNOWN
    assert running(lab.database, ann.id) == 0


@pytest.mark.alone
def test_when_every_connection_is_taken_a_run_is_refused_at_the_limit(lab, ann, simulator):
    release, taken = Event(), Barrier(POOL + 1)

    def take(connection):
        taken.wait(5)
        release.wait(5)

    with ThreadPoolExecutor(POOL) as others:
        calls_under_way = [others.submit(lab.database.call, take, limit_s=10) for _ in range(POOL)]
        taken.wait(5)
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            start(lab, ann, "openai/sim/words")
        assert time.monotonic() - begun < LIMIT_S + 0.5
        release.set()
        wait(calls_under_way)
    assert calls(simulator) == []
    assert ended(start(lab, ann, "openai/sim/words")).status is RunStatus.COMPLETED


CRASH = """
import os, signal, sys
from pathlib import Path
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.spool import Spool
ledger = Ledger(Database(sys.argv[1]), instance_id=2)
def settle_and_die(outcome):
    assert ledger.settle(outcome).result()
    os.kill(os.getpid(), signal.SIGKILL)
Spool(Path(sys.argv[2])).replay(settle_and_die)
"""

FULL_DISK = """
import asyncio, logging, resource, sys
from pathlib import Path
from core.domain.runs import Outcome
from core.engine.settlement import Settlement
from core.errors import StoreUnavailable
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.spool import Spool
logging.basicConfig(format="%(levelname)s %(message)s")
outcome = Outcome.model_validate_json(sys.stdin.read())
away = Ledger(Database("postgresql://nobody@127.0.0.1:1/none"), instance_id=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
try:
    asyncio.run(Settlement(away, Spool(Path(sys.argv[1]))).settle(outcome))
except StoreUnavailable as error:
    print(error.message)
"""


@pytest.fixture
def admitted(database):
    """A run that a process now gone has admitted."""
    add_owner(database)
    run = admission(started_at=datetime.now(UTC))
    admit(Ledger(database, instance_id=2), run)
    return run


def run_script(script, *arguments, typed=""):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=30)


def test_a_crash_between_the_commit_and_the_deletion_counts_the_run_once(database, database_url, admitted, tmp_path):
    spool = Spool(tmp_path)
    spool.keep(outcome(admitted))
    assert run_script(CRASH, database_url, tmp_path).returncode == -signal.SIGKILL
    assert spool.depth == 1
    settled = []
    ledger = Ledger(database, instance_id=1)
    spool.replay(lambda kept: settled.append(ledger.settle(kept).result()))
    assert (settled, spool.depth) == ([False], 0)
    assert database.call(lambda connection: connection.scalar(select(func.count()).select_from(logs))) == 1
    assert running(database) == 0


def test_on_a_full_disk_it_is_said_loudly_and_the_sweeper_settles_the_run(database, admitted, tmp_path):
    done = run_script(FULL_DISK, tmp_path, typed=outcome(admitted).model_dump_json())
    assert "neither in the database nor on disk" in done.stdout
    assert f"CRITICAL The outcome of run {admitted.run_id} cannot be kept" in done.stderr
    assert os.listdir(tmp_path) == []
    assert Ledger(database, instance_id=1).sweep(datetime.now(UTC)) == 1
    swept = HistoryStore(database).find(admitted.run_id)
    assert (swept.status, running(database)) == (RunStatus.UNKNOWN, 0)
