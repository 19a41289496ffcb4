"""Millions of runs: a ledger of a year by fifty people on forty models, beside the same rows in one plain table.

The plain table is what one would write first: the contract's columns, an index for a person's runs, an index on the
source. Everything is made in the database itself, a month at a time.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from sys import stderr
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import psycopg

from core.domain.spend import Days
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.migrations import migrate
from core.store.rollups import Rollups

ZONE = ZoneInfo("Europe/Berlin")
END = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = 365
LOADERS = 2
YEAR = Days(END.date() - timedelta(DAYS - 1), END.date())
SOMEBODY = "user-7"

_LOAD = """
INSERT INTO llm_usage_logs (id, user_id, model_name, input_tokens, output_tokens, total_tokens, cost, cost_source,
    latency_ms, ttft_ms, success, status, error_code, metadata, tags, created_at, settled_at)
SELECT gen_random_uuid(), 'user-' || who, provider || '/model-' || model, 400 + who, words, 400 + who + words,
    (words * (1 + model) * 0.0000011)::numeric(20, 10), CASE WHEN dice < 0.05 THEN 'estimated' ELSE 'computed' END,
    200 + words * 8 + (dice * 900)::int, 150 + (dice * 400)::int, dice > 0.03,
    CASE WHEN dice > 0.03 THEN 'completed' WHEN dice > 0.01 THEN 'error' ELSE 'cancelled' END,
    CASE WHEN dice > 0.01 AND dice <= 0.03 THEN 'rate_limited' END,
    jsonb_build_object('prompt', 'Question number ' || n || ' about ' || md5(n::text), 'response', repeat('word ', 20),
        'parameters', '{}'::jsonb, 'source', 'testing_lab'),
    CASE WHEN dice > 0.5 THEN jsonb_build_object('team', 'team-' || who %% 6) ELSE '{}'::jsonb END, at, at
FROM (
    SELECT n, (random() * 49)::int AS who, model, (40 + random() * 800)::int AS words, random() AS dice,
        (ARRAY['openai', 'anthropic', 'openrouter', 'groq', 'together', 'local'])[1 + model %% 6] AS provider,
        %(first)s + random() * (%(last)s - %(first)s) AS at
    FROM generate_series(1, %(rows)s) AS n, LATERAL (SELECT (39 * random() * random() + 0 * n)::int AS model) AS taste
) AS run"""

_PLAIN = """
CREATE TABLE plain AS
SELECT id, user_id, model_name, input_tokens, output_tokens, total_tokens, cost, latency_ms, success, metadata,
    created_at
FROM llm_usage_logs;
ALTER TABLE plain ADD PRIMARY KEY (id);
CREATE INDEX ON plain (user_id, created_at DESC);
CREATE INDEX ON plain ((metadata->>'source'));
"""


@dataclass(frozen=True)
class Millions:
    """A database that holds so many rows twice."""

    rows: int
    url: str
    database: Database

    @property
    def rollups(self) -> Rollups:
        """What the statistics read."""
        return Rollups(self.database, ZONE)


_TEXTS = """
INSERT INTO run_texts (run_id, created_at, messages, response)
SELECT id, created_at, jsonb_build_array(jsonb_build_object('role', 'user', 'content',
        (metadata->>'prompt') || ' ' || repeat('and then some more ', 3) || (ARRAY['rivers', 'lakes', 'mountains'])
        [1 + (latency_ms %% 3)])), 'An answer of some words.'
FROM llm_usage_logs ORDER BY created_at DESC LIMIT %(texts)s"""


@contextmanager
def millions(rows: int, *, plain: bool = True, texts: int = 0) -> Iterator[Millions]:
    """Give a database with a ledger of `rows` runs, the newest with their texts; `plain`: and the same in a plain
    table."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        _say(postgres.url, "ALTER SYSTEM SET max_wal_size = '8GB'", "SELECT pg_reload_conf()")
        migrate(postgres.url)
        database = Database(postgres.url, limit_s=600)
        try:
            _load(postgres.url, database, rows)
            if texts:
                print(f"  the texts of {texts:,} …", file=stderr, flush=True)
                with psycopg.connect(postgres.url) as connection:
                    connection.execute(_TEXTS, {"texts": texts})
            if plain:
                print("  the same in a plain table …", file=stderr, flush=True)
                _say(postgres.url, *filter(None, map(str.strip, _PLAIN.split(";"))))
            _say(postgres.url, "VACUUM ANALYZE", "CHECKPOINT")
            yield Millions(rows, postgres.url, database)
        finally:
            database.close()


def _load(url: str, database: Database, rows: int) -> None:
    print(f"  a ledger of {rows:,} runs …", file=stderr, flush=True)
    _make_months(url)
    _say(url, "ALTER TABLE llm_usage_logs DISABLE TRIGGER USER")
    weeks = DAYS // 7 + 1
    starts = [END - timedelta(days=DAYS) + timedelta(days=DAYS) * week / weeks for week in range(weeks + 1)]
    with ThreadPoolExecutor(LOADERS) as pool:
        parts = [pool.submit(_load_part, url, rows // weeks, *ends) for ends in pairwise(starts)]
        for part in parts:
            part.result()
    _say(url, "ALTER TABLE llm_usage_logs ENABLE TRIGGER USER", "ANALYZE llm_usage_logs")
    print("  its rollups …", file=stderr, flush=True)
    Rollups(database, ZONE).rebuild()


def _make_months(url: str) -> None:
    months = {f"{(END - timedelta(days=day)):%Y-%m}-01" for day in range(DAYS + 2)}
    for first in sorted(months):
        last = (datetime.fromisoformat(first) + timedelta(days=32)).strftime("%Y-%m-01")
        bounds = f"FROM ('{first} 00:00:00+00') TO ('{last} 00:00:00+00')"
        name = f"llm_usage_months.m{first[:4]}_{first[5:7]}"
        _say(url, f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF llm_usage_logs FOR VALUES {bounds}")


def _load_part(url: str, rows: int, first: datetime, last: datetime) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(_LOAD, {"rows": rows, "first": first, "last": last})


def _say(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]
