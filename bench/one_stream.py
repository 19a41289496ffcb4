"""One stream as fast as the provider can send it, through the lab's route and through a bare one."""

from bench.figures import Figure
from bench.listener import Load
from bench.routes import LAB, PIPE, TITLES, in_turn, middle, routes

LOAD = Load(streams=1, tokens=5_000, rate=0)
ROUNDS = 9


def run() -> list[Figure]:
    """Measure in turn and return the figure: the medians."""
    with routes((LAB, PIPE)) as served:
        readings = in_turn(served, LOAD, ROUNDS)
    ours, pipe = (middle(readings[name]).heard.wall_s * 1000 for name in (LAB, PIPE))
    return [Figure(f"one stream of {LOAD.tokens:,} chunks at once", ours, "ms", TITLES[PIPE], pipe, times=2)]
