"""An hour of random load with corrections: whether the rollups are what the ledger says, all along and at the end.

Runs are admitted and settled late or at once, others write rows of their own, costs are corrected, tags set, rows
deleted, by several writers at once, while somebody folds and somebody makes all anew. `python -m bench.corrections
--minutes 2` for less.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench.figures import Figure
from core.domain.pricing import Cost, CostSource
from core.domain.runs import RunStatus
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.ledger import Ledger
from core.store.migrations import migrate
from core.store.rollups import Rollups
from tests.fixtures.runs import add_user, admission, admit, outcome

MINUTES = 60.0
WRITERS = 4
ZONE = ZoneInfo("Asia/Kathmandu")
PAUSE_S = 0.1
LOOK_S, REBUILD_S = 60.0, 240.0
MODELS = [f"{provider}/model-{number}" for provider in ("openai", "groq", "local") for number in range(5)]
CORRECTIONS = (
    "UPDATE llm_usage_logs SET cost = cost * 1.1, cost_source = 'provider' WHERE id IN ({some})",
    "UPDATE llm_usage_logs SET tags = jsonb_build_object('team', 'team-' || length(model_name)) WHERE id IN ({some})",
    "UPDATE llm_usage_logs SET success = NOT success, latency_ms = latency_ms + 7 WHERE id IN ({some})",
    "UPDATE llm_usage_logs SET created_at = created_at - interval '1 day' WHERE id IN ({some}) AND NOT EXISTS"
    " (SELECT FROM run_texts WHERE run_id = llm_usage_logs.id)",
    "DELETE FROM llm_usage_logs WHERE id IN ({some})",
    "INSERT INTO llm_usage_logs (id, user_id, model_name, input_tokens, output_tokens, cost, latency_ms, success)"
    " SELECT gen_random_uuid(), 'somebody else', model_name, 5, 7, 0.0123, 900, true FROM llm_usage_logs LIMIT 3",
)
SOME = "SELECT id FROM llm_usage_logs WHERE status <> 'started' AND created_at < :before ORDER BY random() LIMIT 3"


def run(minutes: float = MINUTES) -> list[Figure]:
    """Put the load on, and return what differed, looked at every `LOOK_S` seconds and at the end."""
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        migrate(postgres.url)
        database = Database(postgres.url)
        try:
            done, differing = _load(database, minutes * 60)
        finally:
            database.close()
    name = f"{minutes:g} minutes of random load with corrections: rollups that differ"
    return [Figure(name, differing, "", "changes made", done, under=1)]


def _load(database: Database, seconds: float) -> tuple[int, int]:
    rollups, ended = Rollups(database, ZONE), Event()
    add_user(database)
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        writers = [pool.submit(_write, database, Random(seed), ended) for seed in range(WRITERS)]
        others = [
            pool.submit(_repeat, rollups.fold, 0.5, ended),
            pool.submit(_repeat, rollups.rebuild, REBUILD_S, ended),
        ]
        differing, end = 0, monotonic() + seconds
        while monotonic() < end:
            ended.wait(min(LOOK_S, max(end - monotonic(), 0)))
            differing += rollups.differences()
        ended.set()
        done = sum(writer.result() for writer in writers)
        for other in others:
            other.result()
    rollups.fold()
    return done, differing + rollups.differences()


def _write(database: Database, rng: Random, ended: Event) -> int:
    ledger, waiting, done = Ledger(database, instance_id=1), [], 0
    while not ended.wait(rng.uniform(0, 2 * PAUSE_S)):
        done += 1
        if rng.random() < 0.1:
            _correct(database, rng)
            continue
        started = datetime.now(UTC) - timedelta(minutes=rng.choice([0, 0, 0, 30, 60 * 24 * 20]))
        run = admission(model_id=rng.choice(MODELS), started_at=started)
        admit(ledger, run)
        waiting.append(run)
        if rng.random() < 0.7:
            late = waiting.pop(rng.randrange(len(waiting)))
            ledger.settle(outcome(late, **_ending(rng))).result()
    return done


def _ending(rng: Random) -> dict[str, object]:
    amount = Cost(amount=round(rng.random(), 9), source=rng.choice([CostSource.COMPUTED, CostSource.ESTIMATED]))
    status = rng.choice([RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.ERROR, RunStatus.CANCELLED])
    return {"cost": amount, "status": status, "latency_ms": rng.randrange(50, 60_000)}


def _correct(database: Database, rng: Random) -> None:
    statement = text(rng.choice(CORRECTIONS).format(some=SOME))
    values = {"before": datetime.now(UTC)} if ":before" in statement.text else {}
    database.call(lambda connection: connection.execute(statement, values))


def _repeat(work: Callable[[], object], pause_s: float, ended: Event) -> None:
    while not ended.wait(pause_s):
        work()


def main() -> None:
    """Run for so many minutes and print the figure."""
    parser = argparse.ArgumentParser(prog="python -m bench.corrections", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    for figure in run(parser.parse_args().minutes):
        print(figure.row())


if __name__ == "__main__":
    main()
