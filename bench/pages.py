"""The server's time for each page with three months of demo data, over the real protocol, without a browser's part."""

import asyncio
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.processes import app, signed_in
from bench.script import rerun_times_ms
from tests.browser.product import running_product

PAGES = {"playground": "", "history": "history", "stats": "stats", "account": "account"}
ROUNDS = 15
LIMIT_MS = 150


def run() -> list[Figure]:
    """Measure, and return a figure for each page as it is rerun, and as it is when nothing is in the caches."""
    with TemporaryDirectory() as folder, running_product(Path(folder), LAB_LOCAL_MODEL="off") as product:
        product.command("demo-data")
        cookie = signed_in(product)
        warm = {name: median_ms(product.url, page, cookie) for name, page in PAGES.items()}
        cold = {name: median_ms(product.url, page, cookie, cold=True) for name, page in PAGES.items()}
    with app("empty_app.py") as empty:
        peer = median_ms(empty.url, "", "")
    beside = ("ms", "an empty Streamlit page", peer)
    return [
        *(Figure(f"server time, {name}", value, *beside, under=LIMIT_MS) for name, value in warm.items()),
        *(Figure(f"server time, {name}, caches empty", value, *beside) for name, value in cold.items()),
    ]


def median_ms(url: str, page: str, cookie: str, *, cold: bool = False) -> float:
    """Return the median time of a page, the first visit left out."""
    return median(asyncio.run(rerun_times_ms(url, page, cookie, ROUNDS, cold=cold)))
