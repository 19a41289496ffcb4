"""Some seconds of everything at once. `python -m bench.soak` is half an hour of it, against the served product."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bench.mixed_load import Load, books, unsettled
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.migrations import migrate
from tests.fixtures.http import served_lab
from tests.fixtures.lab import add_user
from tests.fixtures.servers import Server

SECONDS = 6


@pytest.fixture
def server(tmp_path):
    """A PostgreSQL of this test's own."""
    with Server(tmp_path / "postgres") as server:
        migrate(server.url)
        yield server


def test_the_ledger_tells_what_the_clients_were_told_whatever_goes_wrong(server, simulator, tmp_path):
    impatient = {"LAB_REQUEST_TIMEOUT_S": 4, "LAB_STALL_TIMEOUT_S": 1, "LAB_USER_CONCURRENCY": 0}
    unlimited = {"LAB_API_REQUESTS_PER_MINUTE": 0}
    with served_lab(server.url, simulator, tmp_path, **impatient, **unlimited) as served:
        with served.client(add_user(served.lab)) as client:
            headers = {"authorization": client.headers["authorization"]}
        load = Load(f"{served.url}/api/v1/llm/test", headers, clients=8, seconds=SECONDS, seed=7)
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load.run)
            time.sleep(SECONDS / 4)
            with server.frozen():
                time.sleep(SECONDS / 8)
            time.sleep(SECONDS / 8)
            with server.killed():
                pass
            requests = loading.result()
    sweep(server.url)
    found = books(requests, server.url)
    assert found.wrong == {}
    assert found.told_usd == found.kept_usd > 0
    assert found.accepted > 20
    assert not unsettled(server.url)


def sweep(url: str) -> None:
    """Do what the lab does at its next start and after a while: settle what nobody else will."""
    database = Database(url)
    Ledger(database, instance_id=0).sweep(datetime.now(UTC) + timedelta(hours=1))
    database.close()
