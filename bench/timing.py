"""How long something takes that is done over and over."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

ROUNDS = 9


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median of milliseconds, the first time left out."""
    times = []
    for _ in range(rounds + 1):
        begun = perf_counter()
        work()
        times.append((perf_counter() - begun) * 1000)
    return median(times[1:])
