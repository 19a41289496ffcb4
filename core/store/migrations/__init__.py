"""The way from any earlier state of the database to the newest, by Alembic."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.errors import StoreUnavailable
from core.store.urls import driver_url

LOCK = 0x6D696772617465  # any number that nobody else locks
CONNECT_LIMIT_S = 5


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`, the newest unless given; of several at once, one does it and others wait.

    Raises `StoreUnavailable` if the database cannot be reached or refuses.
    """
    url = driver_url(database_url, lock_timeout="60s")
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_LIMIT_S})
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable("The database cannot be reached or does not let itself be set up.") from error


@cache
def newest_revision() -> str | None:
    """Return the revision that this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Return whether this program can go on from `revision`; it cannot from those of a newer one."""
    return revision in revisions()


def revisions() -> list[str]:
    """Return every revision that a database can be of, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
