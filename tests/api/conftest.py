"""The served product over real HTTP, and its accounts at hand."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import psycopg
import pytest

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.web import SESSION_COOKIE
from core.services import passwords
from core.services.accounts import Accounts
from core.settings import PROVIDER_NAMES
from core.store.accounts import AccountStore
from core.store.attempts import AttemptStore
from core.store.database import Database
from core.store.ledger import Ledger
from core.store.sessions import SessionStore
from tests.browser.product import Product, running_product
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.database import named
from tests.simulator import Simulator


@pytest.fixture(scope="package")
def product_database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of the database that the product and its tests share."""
    name = f"product_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
        yield named(postgres_url, name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def product(product_database: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with simulated providers, which may be called as fast as can be."""
    settings = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in PROVIDER_NAMES}
    settings |= {f"{name.upper()}_API_KEY": "sk-simulated" for name in PROVIDER_NAMES}
    settings |= {"DATABASE_URL": product_database, "LAB_API_REQUESTS_PER_MINUTE": "0"}
    with running_product(tmp_path_factory.mktemp("product"), **settings) as product:
        yield product


@pytest.fixture(scope="package")
def shared_database(product_database: str) -> Iterator[Database]:
    """The product's database, seen from here."""
    database = Database(product_database, pool_size=2)
    yield database
    database.close()


@pytest.fixture
def accounts(product: Product, shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """The product's accounts, without failed attempts of earlier tests. Hashes made here cost little."""
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    shared_database.call(lambda connection: connection.exec_driver_sql("DELETE FROM sign_in_failures"))
    return Accounts(AccountStore(shared_database), SessionStore(shared_database), AttemptStore(shared_database))


@pytest.fixture
def name(accounts: Accounts) -> str:
    """The name of somebody new, who signs in with `PASSWORD`."""
    return accounts.add(f"user{uuid4().hex[:8]}", PASSWORD, tier=Tier.STARTER, role=Role.OPS).username


@pytest.fixture
def client(product: Product) -> Iterator[httpx.Client]:
    """A client that keeps cookies and follows nothing."""
    with httpx.Client(base_url=product.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def user(accounts: Accounts) -> User:
    """Somebody new who may use every model."""
    return accounts.add(f"user{uuid4().hex[:8]}", PASSWORD, tier=Tier.ENTERPRISE, role=Role.OPS)


@pytest.fixture
def session(accounts: Accounts, user: User) -> str:
    """The token of a session of `user`."""
    return accounts.open_session(user, ADDRESS, AGENT)


@pytest.fixture
def signed_in(client: httpx.Client, session: str) -> httpx.Client:
    """A client in which `user` is signed in."""
    client.cookies.set(SESSION_COOKIE, session)
    return client


@pytest.fixture
def ledger(shared_database: Database) -> Ledger:
    """The product's ledger, to record runs in that nobody has to wait for."""
    return Ledger(shared_database, instance_id=0)
