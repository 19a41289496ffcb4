"""What we add to the first token: from the provider's first word to the frame in which the browser shows it."""

from statistics import median

from bench.figures import Figure
from bench.processes import Provider, app, lab, provider
from bench.visitor import Visitor, chromium, visitor

ROUNDS = 15
PROMPT = "sim/words?n=5&rate=20&delay=0.4"


def run() -> list[Figure]:
    """Measure, the first round left out, and return the figure."""
    with provider() as simulated, chromium() as browser:
        variables = {"OPENAI_BASE_URL": simulated.base_url}
        with (
            lab(simulated) as ours,
            app("plain_app.py", **variables) as plain,
            visitor(browser, ours) as reader,
            visitor(browser, plain) as peer,
        ):
            rounds = [(_added_ms(simulated, reader), _added_ms(simulated, peer)) for _ in range(ROUNDS + 1)]
    mine, other = map(median, zip(*rounds[1:], strict=True))
    return [
        Figure(f"first token, added by us, median of {ROUNDS}", mine, "ms", "plain st.write_stream", other, under=150)
    ]


def _added_ms(simulated: Provider, reader: Visitor) -> float:
    reader.arrive()
    reader.ask(PROMPT)
    reader.read_to_the_end()
    added: float = reader.when("begun") - simulated.runs()[-1]["text_at"]
    return added * 1000
