"""What it costs to keep the rollups in step: records settled a second with the ledger's triggers and a folder at work,
beside the same without either."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from zoneinfo import ZoneInfo

from bench.figures import Figure
from bench.settling import WRITERS, settled
from core.lab import FOLD_EVERY_S
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.ledger import Ledger
from core.store.migrations import migrate
from core.store.rollups import Rollups
from tests.fixtures.runs import add_user

ROUNDS = 7
MOST_LOST = 0.15


def run() -> list[Figure]:
    """Measure in turn, the first round left out, and return the figure: the medians."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        migrate(postgres.url)
        database = Database(postgres.url)
        try:
            rounds = [_round(database, Ledger(database, instance_id=1), number) for number in range(ROUNDS + 1)]
        finally:
            database.close()
    kept, without = map(median, zip(*rounds[1:], strict=True))
    name = f"records settled a second with rollups kept, {WRITERS} writers"
    return [Figure(name, kept, "/s", "without rollups", without, over=without * (1 - MOST_LOST))]


def _round(database: Database, ledger: Ledger, number: int) -> tuple[float, float]:
    user = add_user(database, f"user-{number}")
    with _kept(database):
        kept = settled(ledger, user)
    _say(database, "ALTER TABLE llm_usage_logs DISABLE TRIGGER USER")
    without = settled(ledger, user)
    _say(database, "ALTER TABLE llm_usage_logs ENABLE TRIGGER USER")
    return kept, without


@contextmanager
def _kept(database: Database) -> Iterator[None]:
    rollups, ended = Rollups(database, ZoneInfo("UTC")), Event()

    def fold() -> None:
        while not ended.wait(FOLD_EVERY_S / 10):
            rollups.fold()

    folder = Thread(target=fold)
    folder.start()
    try:
        yield
    finally:
        ended.set()
        folder.join()


def _say(database: Database, statement: str) -> None:
    database.call(lambda connection: connection.exec_driver_sql(statement))
