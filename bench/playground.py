"""A long, fast answer in the playground: time to the finished page, bytes to the browser, CPU of the server.

4,000 words at 500 a second, as an article in Markdown and, for information, as one endless paragraph. Time counts from
the press of Enter until the whole answer stands on the screen with its figures below it.
"""

from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser

from bench.figures import Figure
from bench.processes import App, Provider, app, cpu_s, lab, provider
from bench.visitor import chromium, visitor
from tests.browser.product import Product

WORDS, RATE = 4_000, 500
ROUNDS = 3
PLAIN = "plain st.write_stream"


@dataclass(frozen=True)
class Reading:
    """What one answer took: seconds in all, of the provider's own and of the server's CPU; bytes sent and of text."""

    wall_s: float
    provider_s: float
    cpu_s: float
    sent: int
    text: int


def run() -> list[Figure]:
    """Measure, and return the figures."""
    with provider() as simulated, chromium() as browser:
        variables = {"OPENAI_BASE_URL": simulated.base_url}
        with lab(simulated) as ours, app("plain_app.py", **variables) as plain:
            article = _measure(browser, simulated, ours, plain, "&markdown=1")
            paragraph = _measure(browser, simulated, ours, plain, "")
    return [*_figures(article, "", bound=True), *_figures(paragraph, ", one paragraph", bound=False)]


def _measure(browser: Browser, simulated: Provider, ours: Product, plain: App, form: str) -> tuple[Reading, Reading]:
    """Return the medians of the lab and of its plain peer, which take turns. Each has answered once before."""
    for of in (ours, plain):
        _read(browser, simulated, of, "sim/words")
    prompt = f"sim/words?n={WORDS}&rate={RATE}{form}"
    rounds = [
        (_read(browser, simulated, ours, prompt), _read(browser, simulated, plain, prompt)) for _ in range(ROUNDS)
    ]
    mine, other = zip(*rounds, strict=True)
    return _median(mine), _median(other)


def _read(browser: Browser, simulated: Provider, of: Product | App, prompt: str) -> Reading:
    with visitor(browser, of) as reader:
        reader.arrive()
        received, cpu = reader.received, cpu_s(of)
        reader.ask(prompt)
        reader.read_to_the_end()
        run = simulated.runs()[-1]
        return Reading(
            wall_s=reader.when("finished") - reader.when("asked"),
            provider_s=run["ended_at"] - run["at"],
            cpu_s=cpu_s(of) - cpu,
            sent=reader.received - received,
            text=run["text_bytes"],
        )


def _median(readings: tuple[Reading, ...]) -> Reading:
    return Reading(*(median(values) for values in zip(*(vars(reading).values() for reading in readings), strict=True)))


def _figures(readings: tuple[Reading, Reading], form: str, *, bound: bool) -> list[Figure]:
    ours, plain = readings
    name = f"{WORDS:,} words at {RATE} a second{form}"

    def figure(what: str, value: float, unit: str, peer: str, peer_value: float, times: float | None) -> Figure:
        return Figure(f"{name}: {what}", value, unit, peer, peer_value, times=times if bound else None)

    return [
        figure("Enter to finished page", ours.wall_s, "s", "the provider alone", ours.provider_s, 1.05),
        figure("sent to the browser", ours.sent / 1000, "kB", "the text", ours.text / 1000, 12),
        figure("server CPU", ours.cpu_s, "s", PLAIN, plain.cpu_s, 1 / 5),
        figure("Enter to finished page", ours.wall_s, "s", PLAIN, plain.wall_s, None),
        figure("sent to the browser", ours.sent / 1000, "kB", PLAIN, plain.sent / 1000, None),
    ]
