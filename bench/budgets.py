"""Budgets under a rush: does exactly as much pass as there is room for, in one process and in two; and what twenty of
them add to admitting and settling a run, beside a plain transaction of one row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import delete

from bench.figures import Figure
from core.domain.audit import Note
from core.domain.budgets import Budget, BudgetPeriod, BudgetScope
from core.store.budget_states import BudgetStates
from core.store.budgets import BudgetStore
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.ledger import Ledger
from core.store.migrations import migrate
from core.store.tables import budgets, llm_usage_logs
from tests.fixtures.runs import MODEL, NOW, add_user, admission, record
from tests.fixtures.rush import DIME, rush, rushing

ROOM, RUNS, TIMES = 10, 64, 100
BUDGETS, RECORDS, ROUNDS = 20, 100, 4
MOST_MS = 3.0
ZONE = ZoneInfo("UTC")


def run() -> list[Figure]:
    """Measure and return the figures."""
    with _database() as (url, database):
        add_user(database)
        _set(database, 1, DIME * ROOM)
        rushes = [_rushes(url, database, shares) for shares in ([RUNS], [RUNS // 2] * 2)]
        database.call(lambda connection: connection.execute(delete(budgets)))
        return [*rushes, _cost(url, database)]


def _rushes(url: str, database: Database, shares: Sequence[int]) -> Figure:
    """How often, of so many rushes, another number passed than there was room for, or another was reserved."""
    wrong = 0
    with rushing(url, shares) as processes:
        for _ in range(TIMES):
            database.call(lambda connection: connection.execute(delete(llm_usage_logs)))
            passed = rush(processes)
            [state], _ = BudgetStates(database).shown(NOW)
            wrong += (passed, state.reserved) != (ROOM, DIME * ROOM)
    name = f"{TIMES} rushes of {RUNS} runs into room for {ROOM}, processes: {len(shares)}; not exactly {ROOM} passed"
    return Figure(name, wrong, "times", "of", TIMES, under=1)


def _cost(url: str, database: Database) -> Figure:
    """Measure in turn with budgets and without, and a plain row as often, the first round left out."""
    ledger = Ledger(database, instance_id=1)
    without, among, plain = [], [], []
    with _plain(url) as write:
        for _ in range(ROUNDS + 1):
            without.append(_each_ms(lambda: _record(ledger)))
            _set(database, BUDGETS, Decimal(1_000_000))
            among.append(_each_ms(lambda: _record(ledger)))
            database.call(lambda connection: connection.execute(delete(budgets)))
            plain.append(_each_ms(write))
    bare, full, row = (median(chain(*rounds[1:])) for rounds in (without, among, plain))
    name = f"what {BUDGETS} budgets add to admitting and settling a run ({bare:.1f} ms without), median"
    return Figure(name, full - bare, "ms", "a plain transaction of one row", row, under=MOST_MS)


def _record(ledger: Ledger) -> None:
    record(ledger, admission(reserved_usd=DIME, tags={"team": "search"}))


def _each_ms(work: Callable[[], object]) -> list[float]:
    times = [perf_counter()]
    for _ in range(RECORDS):
        work()
        times.append(perf_counter())
    return [(after - before) * 1000 for before, after in pairwise(times)]


def _set(database: Database, number: int, limit: Decimal) -> None:
    """Set budgets that every one of the runs counts in."""
    kinds = [(BudgetScope.LAB, ""), (BudgetScope.USER, "ann"), (BudgetScope.PROVIDER, "openai")]
    kinds += [(BudgetScope.MODEL, MODEL), (BudgetScope.TAG, "team=search")]
    for one in range(number):
        name, (scope, member) = f"budget {one}", kinds[one % len(kinds)]
        budget = Budget(uuid4(), name, scope, member, BudgetPeriod.MONTH, limit, True, "root", NOW)
        BudgetStore(database, ZONE).add(budget, Note("root", "set budget", name))


@contextmanager
def _database() -> Iterator[tuple[str, Database]]:
    """A server of its own, which waits for the disk as the product's does."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres, ExitStack() as stack:
        migrate(postgres.url)
        database = Database(postgres.url)
        stack.callback(database.close)
        yield postgres.url, database


@contextmanager
def _plain(url: str) -> Iterator[Callable[[], object]]:
    """A transaction that writes one row."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE plain (id bigserial PRIMARY KEY, at timestamptz NOT NULL)")
        yield lambda: connection.execute("INSERT INTO plain (at) VALUES (%s)", [datetime.now(UTC)])
