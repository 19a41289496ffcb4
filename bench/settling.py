"""Records settled a second by eight threads at once, `fsync` on, beside what the same server can commit at all; and
whether a stream waits for one: the lag of tokens while many other runs begin and end."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter

import psycopg

from bench.figures import Figure
from bench.listener import Load, listen
from bench.routes import LAB, routes
from core.domain.runs import Outcome
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.ledger import Ledger
from core.store.migrations import migrate
from tests.fixtures.runs import add_user, admission, admit, outcome

WRITERS = 8
RECORDS = 250
ROUNDS = 3
LEAST = 1_000

FLOWING = Load(streams=50, tokens=200, rate=50)
SETTLED = Load(streams=200, tokens=2, rate=1)


def run() -> list[Figure]:
    """Measure and return the figures."""
    return [_rate_beside_rows(), _lag_meanwhile()]


def _lag_meanwhile() -> Figure:
    with routes((LAB,)) as served, ThreadPoolExecutor(1) as pool:
        quiet = listen(served[LAB].url, served[LAB].cookie, FLOWING)
        others = pool.submit(listen, served[LAB].url, served[LAB].cookie, SETTLED)
        busy = listen(served[LAB].url, served[LAB].cookie, FLOWING)
        others.result()
    name = f"lag of a token, p95, while {SETTLED.streams} others are admitted and settled"
    return Figure(name, busy.lag_p95_ms, "ms", "while none is", quiet.lag_p95_ms, under=25)


def _rate_beside_rows() -> Figure:
    """Measure in turn, the first round left out."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        migrate(postgres.url)
        database = Database(postgres.url)
        try:
            ledger = Ledger(database, instance_id=1)
            user = add_user(database)
            rounds = [(settled(ledger, user), _committed(postgres.url)) for _ in range(ROUNDS + 1)]
        finally:
            database.close()
    ours, committed = map(median, zip(*rounds[1:], strict=True))
    peer = f"rows of psycopg, a commit each, {WRITERS} threads"
    return Figure(f"records settled a second, {WRITERS} writers", ours, "/s", peer, committed, over=LEAST)


def settled(ledger: Ledger, user: str) -> float:
    """Return records a second. Each thread settles runs that were admitted before."""
    runs = [admission(user) for _ in range(WRITERS * RECORDS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(partial(admit, ledger), runs))

    def settle(outcomes: list[Outcome]) -> None:
        assert all(ledger.settle(outcome).result() for outcome in outcomes)

    return _rate([partial(settle, list(map(outcome, runs[share::WRITERS]))) for share in range(WRITERS)])


def _committed(url: str) -> float:
    """Return rows a second: the least that a record can be."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS plain (id bigserial PRIMARY KEY, note text NOT NULL)")
    connections = [psycopg.connect(url, autocommit=True) for _ in range(WRITERS)]

    def insert(connection: psycopg.Connection) -> None:
        for _ in range(RECORDS):
            connection.execute("INSERT INTO plain (note) VALUES (%s)", ["a record of the least that there can be"])

    try:
        return _rate([partial(insert, connection) for connection in connections])
    finally:
        for connection in connections:
            connection.close()


def _rate(shares: Sequence[Callable[[], None]]) -> float:
    """Let each thread do its share, all at once; return records a second."""
    ready = Barrier(len(shares) + 1)

    def work(share: Callable[[], None]) -> None:
        ready.wait()
        share()

    with ThreadPoolExecutor(len(shares)) as pool:
        done = [pool.submit(work, share) for share in shares]
        ready.wait()
        start = perf_counter()
        for each in done:
            each.result()
        return len(shares) * RECORDS / (perf_counter() - start)
