"""The queries of the stats page and the pages of the history over millions of runs, beside plain SQL over one table.

`ROWS` says how many millions: `ROWS=1,10 python -m bench spend`, which is also what it does unless told otherwise.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import psycopg
from psycopg import Connection

from bench.figures import Figure
from bench.millions import SOMEBODY, YEAR, Millions, millions
from bench.stats_page import click_to_charts_s
from core.domain.queries import HistoryFilter, Position
from core.domain.spend import Grain, SpendFilter
from core.store.history import HistoryStore
from core.store.spend import SpendStore

ROUNDS = 9
PLAIN_ROUNDS = 3
TEXTS = 1_000_000
MANY = 10_000_000
"""From so many runs on, a report takes at most a hundredth of what plain SQL takes."""

PLAIN = "plain SQL over one table"

PLAIN_STATS = (
    "SELECT count(*), sum(total_tokens), sum(cost), avg(latency_ms), max(created_at) FROM plain"
    f" WHERE user_id = '{SOMEBODY}'",
    "SELECT date_trunc('day', created_at), model_name, sum(cost), count(*) FROM plain"
    " WHERE created_at > now() - interval '2 years' GROUP BY 1, 2",
    "SELECT model_name, percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) FROM plain"
    " GROUP BY 1",
)
PLAIN_PAGE = f"SELECT * FROM plain WHERE user_id = '{SOMEBODY}' ORDER BY created_at DESC LIMIT 20"


@dataclass(frozen=True)
class Readings:
    """Milliseconds: a report of a year and what plain SQL takes for less; pages of a history, the first and the last;
    searches for a rare and for a common word."""

    report: float
    plain_report: float
    first_page: float
    deepest_page: float
    plain_deepest_page: float
    rare: float
    common: float
    page_s: float


def run() -> list[Figure]:
    """Measure at each size and return the figures."""
    sizes = [round(float(size) * 1e6) for size in os.environ.get("ROWS", "1,10").split(",")]
    readings = {}
    for rows in sizes:
        with millions(rows, texts=min(rows, TEXTS)) as made:
            readings[rows] = _read(made)
    figures = [figure for rows, reading in readings.items() for figure in _figures(rows, reading)]
    smallest, largest = min(sizes), max(sizes)
    if smallest < largest:
        name = f"report of a year over {largest:,} runs"
        peer = f"over {smallest:,} runs"
        figures.append(Figure(name, readings[largest].report, "ms", peer, readings[smallest].report, times=1.3))
    return figures


def _figures(rows: int, reading: Readings) -> list[Figure]:
    over = f"over {rows:,} runs"
    first, plain = ("the first page", reading.first_page), (PLAIN, reading.plain_report)
    return [
        Figure(f"report of a year {over}", reading.report, "ms", *plain, under=60),
        Figure(f"report of a year {over}", reading.report, "ms", *plain, times=1 / 100 if rows >= MANY else None),
        Figure(f"deepest page {over}", reading.deepest_page, "ms", *first, times=2),
        Figure(f"deepest page {over}", reading.deepest_page, "ms", "OFFSET", reading.plain_deepest_page),
        Figure(f"stats page {over}, click to charts", reading.page_s * 1e3, "ms", *plain, under=1500),
        Figure(f"search for a rare word {over}", reading.rare, "ms", *first, under=300),
        Figure(f"search for a common word {over}", reading.common, "ms", *first, under=300),
    ]


def _read(made: Millions) -> Readings:
    spend, history = SpendStore(made.rollups), HistoryStore(made.database)
    mine = HistoryFilter(user_id=SOMEBODY)
    with psycopg.connect(made.url) as connection:
        last = _last(connection)
        skipped = round(made.rows / 50 * 0.98)
        return Readings(
            report=_ms(lambda: _report(spend)),
            plain_report=sum(_ms(_plain(connection, query), PLAIN_ROUNDS) for query in PLAIN_STATS),
            first_page=_ms(lambda: history.page(mine, size=50)),
            deepest_page=_ms(lambda: history.page(mine, size=50, older_than=last)),
            plain_deepest_page=_ms(_plain(connection, f"{PLAIN_PAGE} OFFSET {skipped}"), PLAIN_ROUNDS),
            rare=_ms(lambda: history.page(HistoryFilter(text=_rare(connection)), size=50)),
            common=_ms(lambda: history.page(HistoryFilter(text="river question"), size=50)),
            page_s=click_to_charts_s(made),
        )


def _report(spend: SpendStore) -> None:
    """What the page asks for by default of a year: everybody's, weeks by model."""
    spend.report(YEAR, YEAR.before, SpendFilter(), grain=Grain.WEEK, everybody=True)


def _last(connection: Connection) -> Position:
    """Return the place before the oldest page of somebody's history."""
    found = connection.execute(
        "SELECT created_at, id FROM llm_usage_logs WHERE user_id = %s ORDER BY created_at, id OFFSET 50 LIMIT 1",
        [SOMEBODY],
    ).fetchone()
    assert found
    return Position(*found)


def _rare(connection: Connection) -> str:
    """Return a word that is in one prompt."""
    found = connection.execute("SELECT messages->0->>'content' FROM run_texts LIMIT 1").fetchone()
    assert found
    return str(found[0]).split()[4]


def _plain(connection: Connection, query: str) -> Callable[[], object]:
    return lambda: connection.execute(query).fetchall()  # type: ignore[arg-type]


def _ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median time of `work`, the first time left out."""
    times = []
    for _ in range(rounds + 1):
        begun = perf_counter()
        work()
        times.append((perf_counter() - begun) * 1000)
    return median(times[1:])
