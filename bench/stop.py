"""From the click on Stop to the provider's closed socket, while text flows and while the provider is silent."""

import time
from statistics import median

from bench.figures import Figure
from bench.processes import Provider, app, lab, provider
from bench.visitor import Visitor, chromium, visitor

FLOWING = "sim/words?n=10000&rate=100"
SILENT = "sim/silent"
ROUNDS = 7
PLAIN = "plain Streamlit"
GIVEN_UP_S = 15.0


def run() -> list[Figure]:
    """Measure and return the figures: the median, and the slowest."""
    with provider() as simulated, chromium() as browser:
        variables = {"OPENAI_BASE_URL": simulated.base_url}
        with (
            lab(simulated) as ours,
            app("plain_app.py", **variables) as plain,
            visitor(browser, ours) as reader,
            visitor(browser, plain) as peer,
        ):
            return [
                *_figures("text flows", *(_stops(simulated, who, FLOWING, ROUNDS) for who in (reader, peer))),
                *_figures("silent", _stops(simulated, reader, SILENT, ROUNDS), _stops(simulated, peer, SILENT, 2)),
            ]


def _figures(when: str, ours: list[float], plain: list[float]) -> list[Figure]:
    name = f"Stop to closed socket, {when}"
    return [
        Figure(f"{name}, median of {len(ours)}", median(ours), "ms", PLAIN, median(plain), under=500),
        Figure(f"{name}, slowest of {len(ours)}", max(ours), "ms", PLAIN, max(plain), under=500),
    ]


def _stops(simulated: Provider, reader: Visitor, prompt: str, rounds: int) -> list[float]:
    return [_stop_ms(simulated, reader, prompt) for _ in range(rounds)]


def _stop_ms(simulated: Provider, reader: Visitor, prompt: str) -> float:
    reader.arrive()
    before = len(simulated.runs())
    reader.ask(prompt)
    while len(simulated.runs()) == before:
        time.sleep(0.05)
    reader.page.wait_for_timeout(700)
    reader.stop()
    return (_closed_at(simulated) - reader.when("stopped")) * 1000


def _closed_at(simulated: Provider) -> float:
    deadline = time.monotonic() + GIVEN_UP_S
    while time.monotonic() < deadline:
        if closed_at := simulated.runs()[-1]["closed_at"]:
            return float(closed_at)
        time.sleep(0.05)
    raise RuntimeError(f"the socket is still open {GIVEN_UP_S:.0f} s after Stop")
