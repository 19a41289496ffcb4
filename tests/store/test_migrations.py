"""The migrations lead to exactly the tables that the code knows, once, whoever runs them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from core.errors import StoreUnavailable
from core.store.database import Database
from core.store.migrations import migrate
from core.store.tables import metadata
from core.store.urls import driver_url
from tests.fixtures.database import copied


@pytest.fixture
def empty_url(postgres_url):
    with copied(postgres_url, "template0") as url:
        yield url


def is_no_copy(thing, name, kind, reflected, compared):
    """A reference to the ledger is shown once more for each of its months."""
    return kind != "foreign_key_constraint" or thing.elements[0].target_fullname.count(".") == 1


def test_the_migrations_and_the_tables_do_not_differ(database_url):
    engine = create_engine(driver_url(database_url))
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": is_no_copy}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_is_ready_only_once_it_is_migrated(empty_url):
    database = Database(empty_url)
    assert not database.ready()
    migrate(empty_url)
    assert database.ready()
    database.close()


def test_processes_that_start_at_once_migrate_once(empty_url):
    with ThreadPoolExecutor(4) as together:
        list(together.map(migrate, [empty_url] * 4))
    migrate(empty_url)


def test_an_unreachable_database_is_said_so():
    with pytest.raises(StoreUnavailable):
        migrate("postgresql://nobody@127.0.0.1:1/none")
