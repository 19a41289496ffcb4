"""Routes that answer the same request, and what a load costs each: the lab's, its plain peers', the provider's own.

All stand behind the same paced provider, which is a route as well: what it comes to alone is the harness's own part.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from statistics import median

from bench.listener import Heard, Load, listen
from bench.processes import App, Provider, cpu_s, lab, plain_routes, provider, rss_mb, signed_in
from tests.browser.product import Product

LAB, PIPE, OBVIOUS, ALONE = "lab", "pipe", "obvious", "alone"
EVERY_ROUTE = (LAB, PIPE, OBVIOUS, ALONE)
TITLES = {
    PIPE: "a bare route that pipes bytes",
    OBVIOUS: "a client a request, JSON parsed and written",
    ALONE: "the provider without a route",
}
WARM_UP = Load(streams=200, tokens=20, rate=50)
LOOK_S, REST_S = 0.05, 0.5


@dataclass(frozen=True)
class Route:
    """Where a load is put on, and the process that serves it."""

    url: str
    server: Product | App | Provider
    cookie: str = ""


@dataclass(frozen=True)
class Reading:
    """What a load came to: what was heard, the server's CPU in all and the memory it grew by meanwhile."""

    heard: Heard
    cpu_s: float
    grown_mb: float


@contextmanager
def routes(names: Collection[str] = EVERY_ROUTE) -> Iterator[dict[str, Route]]:
    """Serve the routes of these names, each warmed up."""
    with ExitStack() as stack:
        behind = stack.enter_context(provider("bench.provider"))
        served = {ALONE: Route(behind.base_url, behind)}
        if LAB in names:
            ours = stack.enter_context(lab(behind, LAB_USER_CONCURRENCY="0", LAB_API_REQUESTS_PER_MINUTE="0"))
            served[LAB] = Route(f"{ours.url}/api/v1/llm/test", ours, signed_in(ours))
        if PIPE in names or OBVIOUS in names:
            plain = stack.enter_context(plain_routes(behind))
            served |= {name: Route(f"{plain.url}/{name}", plain) for name in (PIPE, OBVIOUS)}
        chosen = {name: served[name] for name in names}
        for route in chosen.values():
            measure(route, WARM_UP)
        yield chosen


def measure(route: Route, load: Load) -> Reading:
    """Put `load` on `route`. Raises `RuntimeError` unless every stream is complete."""
    cpu, before = cpu_s(route.server), rss_mb(route.server)
    peak = before
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(listen, route.url, route.cookie, load)
        while not listening.done():
            peak = max(peak, rss_mb(route.server))
            time.sleep(LOOK_S)
    time.sleep(REST_S)  # what is still to be recorded counts as well
    return Reading(listening.result(), cpu_s(route.server) - cpu, peak - before)


def in_turn(served: dict[str, Route], load: Load, rounds: int) -> dict[str, list[Reading]]:
    """Put `load` on each route in turn, so many times over."""
    readings: dict[str, list[Reading]] = {name: [] for name in served}
    for _ in range(rounds):
        for name, route in served.items():
            readings[name].append(measure(route, load))
    return readings


def middle(readings: Sequence[Reading]) -> Reading:
    """Return the median of each value."""
    names = [field.name for field in fields(Heard)]
    heard = Heard(**{name: median(getattr(reading.heard, name) for reading in readings) for name in names})
    return Reading(
        heard=heard,
        cpu_s=median(reading.cpu_s for reading in readings),
        grown_mb=median(reading.grown_mb for reading in readings),
    )
