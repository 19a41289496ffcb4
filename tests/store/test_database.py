"""Whatever becomes of the database, a call ends within its limit with the result or with one plain refusal."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, active_count

import psycopg
import pytest
from sqlalchemy import text

from core.errors import NotFound, StoreUnavailable
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres

LIMIT_S = 0.5


@pytest.fixture
def hasty(database_url):
    opened = Database(database_url, limit_s=LIMIT_S, pool_size=2)
    yield opened
    opened.close()


@pytest.fixture
def own_server(tmp_path):
    with EmbeddedPostgres(tmp_path) as server:
        yield server.url


def one(connection):
    return connection.scalar(text("SELECT 1"))


def create(connection):
    connection.execute(text("CREATE TABLE notes (line text)"))


def note(connection):
    connection.execute(text("INSERT INTO notes VALUES ('here')"))


def notes(connection):
    return connection.scalar(text("SELECT count(*) FROM notes"))


def refusal_time(database, work=one):
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        database.call(work)
    return time.monotonic() - begun


def server_processes(url):
    """The processes of the server behind `url`: the one that listens, and all that it started."""
    with psycopg.connect(url) as connection:
        [parent] = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    first = int(parent.split()[0])
    with open(f"/proc/{first}/task/{first}/children") as children:
        return [first, *map(int, children.read().split())]


def send(processes, number):
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def test_work_is_one_transaction(database):
    database.call(create)

    def half(connection):
        note(connection)
        raise NotFound("There is no such run.")

    with pytest.raises(NotFound):
        database.call(half)
    assert database.call(notes) == 0
    database.call(note)
    assert database.call(notes) == 1


def test_what_the_database_refuses_is_said_without_its_own_words(database):
    with pytest.raises(StoreUnavailable) as refused:
        database.call(lambda connection: connection.execute(text("SELECT secret FROM nowhere")))
    assert "nowhere" not in refused.value.message


def test_instants_come_back_in_utc(database):
    instant = database.call(lambda connection: connection.scalar(text("SELECT now()")))
    assert instant.utcoffset().total_seconds() == 0


@pytest.mark.alone
def test_slow_work_is_refused_at_the_limit_and_leaves_nothing(hasty):
    hasty.call(create)

    def slow(connection):
        note(connection)
        time.sleep(LIMIT_S + 0.2)

    assert refusal_time(hasty, slow) == pytest.approx(LIMIT_S, abs=0.4)
    time.sleep(0.4)
    assert hasty.call(notes) == 0


def test_a_call_may_have_a_longer_limit_of_its_own(hasty):
    assert hasty.call(lambda connection: connection.scalar(text("SELECT 7 FROM pg_sleep(0.8)")), limit_s=5) == 7


@pytest.mark.alone
def test_when_every_worker_is_busy_the_next_call_is_refused_at_the_limit(hasty):
    release = Event()
    with ThreadPoolExecutor(2) as others:
        busy = [others.submit(hasty.call, lambda connection: release.wait(5), limit_s=5) for _ in range(2)]
        time.sleep(0.1)
        assert refusal_time(hasty) == pytest.approx(LIMIT_S, abs=0.4)
        release.set()
        assert all(call.result() for call in busy)
    assert hasty.call(one) == 1


@pytest.mark.alone
def test_when_every_worker_is_stuck_calls_are_refused_at_once(hasty):
    release = Event()
    with ThreadPoolExecutor(2) as others:
        stuck = [others.submit(refusal_time, hasty, lambda connection: release.wait(5)) for _ in range(2)]
        assert [call.result() for call in stuck] == [pytest.approx(LIMIT_S, abs=0.4)] * 2
    assert refusal_time(hasty) < 0.05
    release.set()
    time.sleep(0.1)
    assert hasty.call(one) == 1


@pytest.mark.alone
def test_a_frozen_server_is_given_up_at_the_limit_and_used_again_when_it_thaws(own_server):
    database = Database(own_server, limit_s=LIMIT_S, pool_size=3)
    assert database.call(one) == 1
    frozen = server_processes(own_server)
    threads = active_count()
    send(frozen, signal.SIGSTOP)
    try:
        times = [refusal_time(database) for _ in range(6)]
        assert max(times) < LIMIT_S + 0.4
        assert active_count() <= threads + 2
        assert not database.ready()
    finally:
        send(frozen, signal.SIGCONT)
    wait_until_it_answers(database)
    database.close()


def test_a_killed_server_is_started_again_and_found_again(own_server):
    database = Database(own_server, limit_s=LIMIT_S)
    assert database.call(one) == 1
    send(server_processes(own_server), signal.SIGKILL)  # all, or one that lingers answers once more
    wait_until_it_answers(database)
    assert database.call(one) == 1
    database.close()


def test_a_connection_that_the_server_closed_is_not_noticed(database, postgres_url):
    process = database.call(lambda connection: connection.scalar(text("SELECT pg_backend_pid()")))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 1000)", [process])
    assert database.call(one) == 1


def test_an_address_where_nothing_listens_is_refused():
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", limit_s=LIMIT_S)
    assert not nowhere.ready()
    nowhere.close()
    assert refusal_time(nowhere) < LIMIT_S


def wait_until_it_answers(database, limit_s=10):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            database.call(one)
        except StoreUnavailable:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the database did not come back")
