"""The database alone, for commands that need nothing else of the lab."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from core.secrets import prepare_data_dir
from core.settings import Settings
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.migrations import migrate


@contextmanager
def open_store(settings: Settings) -> Iterator[Database]:
    """Open the database, migrated. Raises `StoreUnavailable`."""
    with open_server(settings) as url:
        migrate(url)
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def open_server(settings: Settings, *, alone: bool = False) -> Iterator[str]:
    """Give the URL of the database as it is, not migrated; `alone`: with nobody else on an embedded server.

    Raises `StoreUnavailable`, and `Unavailable` if somebody else is.
    """
    prepare_data_dir(settings.data_dir)
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    with EmbeddedPostgres(settings.data_dir) as postgres, postgres.alone() if alone else nullcontext():
        yield postgres.url
