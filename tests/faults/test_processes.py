"""The served product is killed, ended, started without its database, and started twice at once: no run is lost."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from core.settings import PROVIDER_NAMES
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from tests.browser.product import ADMIN, END_S, PASSWORD, Product, launched, running_product, wait_until_ready
from tests.fixtures.database import copied
from tests.fixtures.servers import Server, eventually, runs

START_S = 30
QUIET = {"LAB_LOCAL_MODEL": "off"}


@pytest.fixture
def settings(simulator) -> dict[str, str]:
    """The simulator behind every name, and one run at once, so that a place that is not given back is missed."""
    urls = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in PROVIDER_NAMES}
    keys = {f"{name.upper()}_API_KEY": "sk-simulated" for name in PROVIDER_NAMES}
    return {**urls, **keys, **QUIET, "LAB_USER_CONCURRENCY": "1"}


@contextmanager
def signed_in(product: Product) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=product.url, timeout=20, trust_env=False) as client:
        signed = client.post("/api/v1/auth/login", json={"username": ADMIN, "password": PASSWORD})
        assert signed.status_code == 200
        yield client


@contextmanager
def talking(product: Product, model: str = "openai/sim/words?n=5000&rate=50") -> Iterator[None]:
    """A run in its middle: its first word has come, and many are to come, which nobody takes."""
    body = {"model_id": model, "messages": [{"role": "user", "content": "Go on."}]}
    with signed_in(product) as client, client.stream("POST", "/api/v1/llm/test", json=body) as response:
        assert response.status_code == 200, response.read()
        lines = response.iter_lines()  # as long as it is kept, the client stays
        assert "content" in next(lines)
        yield


@contextmanager
def ledger(product: Product) -> Iterator[Database]:
    """The product's own database, seen from here."""
    with EmbeddedPostgres(product.data_dir) as server:
        database = Database(server.url, pool_size=1)
        yield database
        database.close()


def recorded(database: Database) -> list[tuple]:
    found = "SELECT status, error_code, cost_source FROM llm_usage_logs ORDER BY created_at"
    return [tuple(row) for row in database.call(lambda connection: connection.execute(text(found)).all())]


def embedded_server(product: Product) -> int:
    return int((product.data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def status_of(product: Product, path: str) -> int:
    try:
        return httpx.get(f"{product.url}/api/v1/{path}", timeout=5, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def test_a_killed_process_leaves_a_run_that_the_next_start_settles_and_an_ended_one_settles_its_own(settings, tmp_path):
    with running_product(tmp_path, **settings) as product, talking(product):
        product.process.kill()
        product.process.wait()
    killed, ended = ("unknown", "killed", "estimated"), ("cancelled", None, "estimated")
    with running_product(tmp_path, **settings) as product:
        with ledger(product) as database:
            eventually(lambda: recorded(database) == [killed])
        server = embedded_server(product)
        with talking(product):
            product.process.terminate()
            product.process.wait(END_S)
        assert not runs(server)
    with ledger(product) as database:
        assert recorded(database) == [killed, ended]
    assert not list((product.data_dir / "spool").iterdir())


def test_without_its_database_it_says_so_and_is_ready_by_itself_when_it_comes(tmp_path):
    with Server(tmp_path / "server") as server, ExitStack() as stack:
        with server.down():
            product = stack.enter_context(launched(tmp_path, DATABASE_URL=server.url, **QUIET))
            eventually(lambda: status_of(product, "health") == 200, START_S)
            assert status_of(product, "ready") == 503
            eventually(lambda: "cannot be reached" in product.log.read_text())
        wait_until_ready(product)


@pytest.mark.parametrize("shared", ["data directory", "database"])
def test_two_processes_that_start_at_once_both_serve(shared, postgres_url, tmp_path):
    with ExitStack() as stack:
        one = {"LAB_DATA_DIR": str(tmp_path / "data")}
        if shared == "database":
            url = stack.enter_context(copied(postgres_url, "template0"))
            one = {"DATABASE_URL": url, "ENCRYPTION_KEY": Fernet.generate_key().decode()}
        folders = [tmp_path / name for name in ("first", "second")]
        for folder in folders:
            folder.mkdir()
        products = [stack.enter_context(launched(folder, **one, **QUIET)) for folder in folders]
        for product in products:
            wait_until_ready(product)
            with signed_in(product):
                pass
