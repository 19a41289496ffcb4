"""Many streams at once through `POST /api/v1/llm/test`, beside the same through plain routes.

To tune one thing, `python -m bench.streams --only lab --rounds 1` prints what a load came to; `--help` tells the rest.
"""

import argparse
from dataclasses import asdict

from bench.figures import Figure
from bench.listener import Load
from bench.routes import ALONE, EVERY_ROUTE, LAB, OBVIOUS, PIPE, TITLES, Reading, in_turn, middle, routes

FAST = Load(streams=200, tokens=200, rate=50)
MANY = Load(streams=1_000, tokens=50, rate=5)
ROUNDS = 3


def run() -> list[Figure]:
    """Measure and return the figures, medians of the rounds."""
    with routes() as served:
        fast = {name: middle(readings) for name, readings in in_turn(served, FAST, ROUNDS).items()}
        some = {name: served[name] for name in (LAB, PIPE)}
        many = {name: middle(readings) for name, readings in in_turn(some, MANY, 1).items()}
    return [*_fast(fast), *_many(many)]


def _fast(readings: dict[str, Reading]) -> list[Figure]:
    name = f"{FAST.streams} streams of {FAST.tokens} tokens at {FAST.rate} a second"
    ours, obvious, alone = (readings[route].heard for route in (LAB, OBVIOUS, ALONE))
    first, lag, cpu = f"{name}: first token, p95", f"{name}: lag of a token, p95", f"{name}: server CPU a token"
    return [
        Figure(f"{name}: all", ours.wall_s, "s", "the ideal", FAST.ideal_s, times=1.1),
        Figure(f"{name}: all", ours.wall_s, "s", TITLES[OBVIOUS], obvious.wall_s),
        Figure(first, ours.first_p95_ms, "ms", TITLES[ALONE], alone.first_p95_ms, under=300),
        Figure(first, ours.first_p95_ms, "ms", TITLES[OBVIOUS], obvious.first_p95_ms, times=1 / 10),
        Figure(lag, ours.lag_p95_ms, "ms", TITLES[ALONE], alone.lag_p95_ms, under=25),
        Figure(lag, ours.lag_p95_ms, "ms", TITLES[OBVIOUS], obvious.lag_p95_ms, times=1 / 3),
        Figure(cpu, _cpu_us(readings[LAB], FAST), "µs", TITLES[PIPE], _cpu_us(readings[PIPE], FAST), times=1),
        Figure(cpu, _cpu_us(readings[LAB], FAST), "µs", TITLES[OBVIOUS], _cpu_us(readings[OBVIOUS], FAST)),
    ]


def _many(readings: dict[str, Reading]) -> list[Figure]:
    name = f"{MANY.streams:,} streams at {MANY.rate} tokens a second"
    ours, pipe = readings[LAB], readings[PIPE]
    own_mb, pipe_mb = (reading.grown_mb / MANY.streams for reading in (ours, pipe))
    return [
        Figure(f"{name}: all", ours.heard.wall_s, "s", "the ideal", MANY.ideal_s, times=1.3),
        Figure(f"{name}: memory a stream", own_mb, "MiB", TITLES[PIPE], pipe_mb, under=0.5),
        Figure(f"{name}: lag of a token, p95", ours.heard.lag_p95_ms, "ms", TITLES[PIPE], pipe.heard.lag_p95_ms),
    ]


def _cpu_us(reading: Reading, load: Load) -> float:
    return reading.cpu_s / (load.streams * load.tokens) * 1e6


def main() -> None:
    """Put one load on some of the routes and print each reading."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    for name, value in asdict(FAST).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=EVERY_ROUTE, default=EVERY_ROUTE)
    asked = parser.parse_args()
    load = Load(asked.streams, asked.tokens, asked.rate)
    with routes(asked.only) as served:
        for name, readings in in_turn(served, load, asked.rounds).items():
            for reading in readings:
                told = {**asdict(reading.heard), "server_us": _cpu_us(reading, load), "grown_mb": reading.grown_mb}
                print(f"{name:8}", *(f"{key} {value:.2f} " for key, value in told.items()))


if __name__ == "__main__":
    main()
