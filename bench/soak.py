"""Half an hour of mixed load with faults at random: whether the ledger tells what the clients saw, and memory is flat.

`python -m bench.soak --minutes 2` for a shorter one.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from sys import stderr
from tempfile import TemporaryDirectory
from threading import Event, Thread

from bench.figures import Figure
from bench.mixed_load import Books, Load, books, unsettled
from bench.processes import lab, provider, rss_mb, signed_in
from tests.browser.product import Product
from tests.fixtures.servers import Server

MINUTES = 30.0
CLIENTS = 12
LOOK_S = 1.0
QUIET_S = (20.0, 60.0)
"""The pause between two faults of the database, at random between these."""

SETTLED_S = 120.0


def run(minutes: float = MINUTES) -> list[Figure]:
    """Put the load on, and return what became of it."""
    settings = {
        "LAB_USER_CONCURRENCY": "0",
        "LAB_API_REQUESTS_PER_MINUTE": "0",
        "LAB_REQUEST_TIMEOUT_S": "10",
        "LAB_STALL_TIMEOUT_S": "3",
    }
    with TemporaryDirectory() as folder, Server(Path(folder)) as server, provider() as simulated:
        keys = {f"{name}_API_KEY": "sk-simulated" for name in ("OPENROUTER", "ANTHROPIC", "GROQ")}
        keys |= {
            "OPENROUTER_BASE_URL": f"{simulated.url}/openrouter/api/v1",
            "ANTHROPIC_BASE_URL": f"{simulated.url}/anthropic",
            "GROQ_BASE_URL": f"{simulated.url}/groq/openai/v1",
        }
        with lab(simulated, DATABASE_URL=server.url, **keys, **settings) as ours:
            load = Load(f"{ours.url}/api/v1/llm/test", {"cookie": signed_in(ours)}, CLIENTS, minutes * 60, seed=1)
            with _troubled(server), ThreadPoolExecutor(1) as pool:
                loading = pool.submit(load.run)
                memory = _memory(ours, loading.done)
            requests = loading.result()
            _wait_until_settled(server.url)
            found = books(requests, server.url)
    return _figures(found, memory, minutes)


def _figures(found: Books, memory: list[float], minutes: float) -> list[Figure]:
    name = f"{minutes:g} minutes of mixed load with faults"
    third = len(memory) // 3
    early, late = median(memory[third : 2 * third]), median(memory[2 * third :])
    print(f"{found.requests:,} requests, {found.accepted:,} accepted, {found.told:,} told; {found.wrong}", file=stderr)
    return [
        Figure(f"{name}: records wrong", sum(found.wrong.values()), "", "records", found.records, under=1),
        Figure(f"{name}: cost in the ledger", float(found.kept_usd), "USD", "told", float(found.told_usd)),
        Figure(f"{name}: difference", float(abs(found.kept_usd - found.told_usd)), "USD", "exact", 0, under=1e-12),
        Figure(f"{name}: memory, last third", late, "MiB", "middle third", early, times=1.05),
    ]


@contextmanager
def _troubled(server: Server) -> Iterator[None]:
    """Trouble the database at random for as long as the context lasts."""
    done = Event()
    trouble = Thread(target=_trouble, args=(server, done))
    trouble.start()
    try:
        yield
    finally:
        done.set()
        trouble.join()


def _trouble(server: Server, done: Event) -> None:
    dice = random.Random(2)
    while not done.wait(dice.uniform(*QUIET_S)):
        fault = dice.choice((server.frozen, server.down, server.killed))
        with fault():
            done.wait(dice.uniform(0.2, 8))


def _memory(of: Product, done: Callable[[], bool]) -> list[float]:
    readings = []
    while not done():
        readings.append(rss_mb(of))
        time.sleep(LOOK_S)
    return readings


def _wait_until_settled(database_url: str) -> None:
    deadline = time.monotonic() + SETTLED_S
    while unsettled(database_url) and time.monotonic() < deadline:
        time.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    for figure in run(parser.parse_args().minutes):
        print(figure.row())
