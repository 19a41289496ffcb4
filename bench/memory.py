"""The server's memory while a browser asks for one answer of 4 KB after another."""

from bench.figures import Figure
from bench.processes import lab, provider, rss_mb
from bench.visitor import chromium, visitor

HALF = 100
PROMPT = "sim/words?n=760&markdown=1"


def run() -> list[Figure]:
    """Measure after 100 and after 200 runs, and return the figure."""
    with provider() as simulated, chromium() as browser, lab(simulated) as ours, visitor(browser, ours) as reader:
        reader.arrive()
        reader.ask(PROMPT)
        reader.read_to_the_end()
        memory = []
        for _ in range(2):
            for _ in range(HALF):
                reader.run_again()
            memory.append(rss_mb(ours))
    half, full = memory
    return [Figure(f"server memory after {2 * HALF} runs", full, "MiB", f"after {HALF} runs", half, times=1.05)]
