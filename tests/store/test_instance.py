"""A process is known to be alive by a lock that goes with it, so its runs are swept when it is gone and not before."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from core.errors import StoreUnavailable
from core.store.instance import Instance
from core.store.ledger import Ledger
from tests.fixtures.runs import NOW, add_user, admission, admit

ROOT = Path(__file__).resolve().parents[2]
LIVE = """
import sys
from core.store.instance import Instance
instance = Instance(sys.argv[1])
instance.open()
print(instance.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def instance(database_url):
    opened = Instance(database_url, look_every_s=0.05)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def sweeper(database):
    add_user(database)
    return Ledger(database, instance_id=1)


def wait_until(condition, limit_s=5):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def known(database):
    return database.call(lambda connection: connection.exec_driver_sql("SELECT id FROM instances").scalars().all())


def test_the_runs_of_a_living_process_are_left_alone(database, instance, sweeper):
    admit(Ledger(database, instance.id), admission())
    assert sweeper.sweep(NOW) == 0
    assert known(database) == [instance.id]


def test_the_runs_of_a_killed_process_are_swept(database, database_url, sweeper):
    command = [sys.executable, "-c", LIVE, database_url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        number = int(process.stdout.readline())
        admit(Ledger(database, number), admission())
        assert sweeper.sweep(NOW) == 0
        process.kill()
    wait_until(lambda: sweeper.sweep(NOW) == 1)
    assert known(database) == []


def test_a_process_that_lost_its_connection_takes_its_lock_again(database, postgres_url, instance, sweeper):
    admit(Ledger(database, instance.id), admission())
    holder = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = {instance.id & 0xFFFFFFFF}"

    def holding():
        return database.call(lambda connection: connection.exec_driver_sql(holder).scalar())

    before = holding()
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 1000)", [before])
    wait_until(
        lambda: database.call(lambda connection: connection.exec_driver_sql(holder).scalar()) not in (None, before)
    )
    assert sweeper.sweep(NOW) == 0


def test_a_process_that_left_in_order_is_forgotten(database, database_url):
    leaving = Instance(database_url)
    leaving.open()
    leaving.close()
    assert known(database) == []


def test_without_a_database_it_does_not_open():
    with pytest.raises(StoreUnavailable):
        Instance("postgresql://nobody@127.0.0.1:1/none").open()
