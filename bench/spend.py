"""The queries of the stats page and the pages of the history over millions of runs, beside plain SQL over one table.

`ROWS` says how many millions: `ROWS=1,10 python -m bench spend`, which is also what it does unless told otherwise.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import Connection

from bench import history_pages
from bench.figures import Figure
from bench.millions import SOMEBODY, YEAR, Millions, millions
from bench.stats_page import click_to_charts_s
from bench.timing import median_ms
from core.domain.spend import Grain, SpendFilter
from core.store.spend import SpendStore

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
    """Milliseconds: a report of a year and what plain SQL takes for less; the deepest page by plain SQL; seconds from a
    click to charts. And the figures of the history."""

    report: float
    plain_report: float
    plain_deepest_page: float
    page_s: float
    history: list[Figure]


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
    over, plain = f"over {rows:,} runs", (PLAIN, reading.plain_report)
    deepest = reading.history[0]
    return [
        Figure(f"report of a year {over}", reading.report, "ms", *plain, under=60),
        Figure(f"report of a year {over}", reading.report, "ms", *plain, times=1 / 100 if rows >= MANY else None),
        Figure(f"stats page {over}, click to charts", reading.page_s * 1e3, "ms", *plain, under=1500),
        Figure(deepest.name, deepest.value, "ms", "OFFSET", reading.plain_deepest_page),
        *reading.history,
    ]


def _read(made: Millions) -> Readings:
    spend, skipped = SpendStore(made.rollups), round(made.rows / 50 * 0.98)
    with psycopg.connect(made.url) as connection:
        return Readings(
            report=median_ms(lambda: _report(spend)),
            plain_report=sum(median_ms(_plain(connection, query), PLAIN_ROUNDS) for query in PLAIN_STATS),
            plain_deepest_page=median_ms(_plain(connection, f"{PLAIN_PAGE} OFFSET {skipped}"), PLAIN_ROUNDS),
            page_s=click_to_charts_s(made),
            history=history_pages.figures(made),
        )


def _report(spend: SpendStore) -> None:
    """What the page asks for by default of a year: everybody's, weeks by model."""
    spend.report(YEAR, YEAR.before, SpendFilter(), grain=Grain.WEEK, everybody=True)


def _plain(connection: Connection, query: str) -> Callable[[], object]:
    return lambda: connection.execute(query).fetchall()  # type: ignore[arg-type]
