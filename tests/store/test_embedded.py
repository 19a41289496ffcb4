"""The embedded server runs wherever the lab does, for exactly as long as somebody uses it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from core.errors import SettingsError
from core.store.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path
from core.store.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.read()
server.stop()
"""


def begin_use(folder):
    command = [sys.executable, "-c", USE, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def url_of(process):
    return process.stdout.readline().strip()


def end_use(process, number=None):
    if number:
        process.send_signal(number)
    process.communicate("", timeout=15)


def answers(url):
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def server_process(folder):
    return int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def parent_of(process):
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


def runs(process):
    """Whether it is there and no zombie, which only waits for whoever started it."""
    try:
        return "(zombie)" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def is_gone(process, limit_s=10):
    end = time.monotonic() + limit_s
    while runs(process):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_it_runs_below_directories_that_only_their_owner_may_enter(tmp_path):
    closed = tmp_path / "only mine"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "data dir") as server, psycopg.connect(server.url) as connection:
        [version, fsync, address] = connection.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('fsync'),"
            " current_setting('listen_addresses')"
        ).fetchone()
    assert (version // 10000, fsync, address) == (18, "on", "")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "data dir" / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_server_knows_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    monkeypatch.setenv("PGPORT", "6543")
    with EmbeddedPostgres(tmp_path) as server:
        assert answers(server.url)
        environment = Path(f"/proc/{server_process(tmp_path)}/environ").read_bytes()
    assert b"sk-planted" not in environment


def test_no_path_is_too_long(tmp_path):
    deep = tmp_path / ("deep" * 20) / ("deeper" * 20)
    with EmbeddedPostgres(deep) as server:
        assert answers(server.url)


def test_what_was_written_is_there_after_the_next_start(tmp_path):
    with EmbeddedPostgres(tmp_path) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with EmbeddedPostgres(tmp_path) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_two_processes_start_it_at_once_and_the_last_to_leave_stops_it(tmp_path):
    users = [begin_use(tmp_path) for _ in range(2)]
    urls = [url_of(user) for user in users]
    assert urls[0] == urls[1]
    server = server_process(tmp_path)
    end_use(users[0])
    assert answers(urls[1])
    end_use(users[1])
    assert is_gone(server, limit_s=0.5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_user_that_is_killed_leaves_no_server_behind(tmp_path, number):
    user = begin_use(tmp_path)
    assert answers(url_of(user))
    server = server_process(tmp_path)
    end_use(user, number)
    assert is_gone(server)


def test_a_keeper_that_is_killed_is_replaced_at_the_next_start(tmp_path):
    user = begin_use(tmp_path)
    url = url_of(user)
    stray = server_process(tmp_path)
    os.kill(parent_of(stray), signal.SIGKILL)
    end_use(user, signal.SIGKILL)
    assert answers(url)
    with EmbeddedPostgres(tmp_path) as server:
        assert answers(server.url)
        assert is_gone(stray, limit_s=0)
    assert not answers(url)


def test_data_of_another_version_is_refused_in_plain_words(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(SettingsError, match="LAB_DATA_DIR: its data is of PostgreSQL 15"):
        EmbeddedPostgres(tmp_path).start()


def test_a_place_that_cannot_be_written_is_refused_in_plain_words(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(SettingsError, match="LAB_DATA_DIR"):
        EmbeddedPostgres(file).start()


def test_a_server_that_cannot_start_says_why(tmp_path):
    with EmbeddedPostgres(tmp_path):
        pass
    with (tmp_path / "postgres" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("\nnonsense = on\n")
    with pytest.raises(SettingsError, match="configuration file"):
        EmbeddedPostgres(tmp_path).start()
