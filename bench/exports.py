"""A million runs as files over HTTP, beside a plain `COPY` of the same: how fast they come, what memory they take."""

from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep

import httpx
import psycopg

from bench.figures import Figure
from bench.millions import END, ZONE, Millions, millions
from bench.processes import rss_mb, signed_in
from core.services.export_formats import Format
from tests.browser.product import Product, running_product

ROWS = 1_000_000
LEAST = 100_000
MOST_MB = 200
LOOK_S = 0.02

_PLAIN = """
COPY (
    SELECT created_at, model_name, status, error_code, metadata->>'prompt', input_tokens, output_tokens, total_tokens,
        cost, cost_source, latency_ms, ttft_ms, id, cached_tokens, tags, user_id
    FROM llm_usage_logs ORDER BY created_at DESC, id DESC
) TO STDOUT WITH (FORMAT csv, HEADER)"""


def run() -> list[Figure]:
    """Measure and return the figures."""
    with millions(ROWS, plain=False) as made:
        return _measured(made)


def _measured(made: Millions) -> list[Figure]:
    settings = {"DATABASE_URL": made.url, "LAB_TIMEZONE": ZONE.key, "LAB_LOCAL_MODEL": "off"}
    with TemporaryDirectory() as folder, running_product(Path(folder), **settings) as product:
        cookie = signed_in(product)
        _take(product, cookie, Format.CSV, at_most=1)
        return [figure for format in Format for figure in _figures(made, product, cookie, format)]


def _figures(made: Millions, product: Product, cookie: str, format: Format) -> list[Figure]:
    """Take the file and the plain copy in turn, the server at rest before."""
    sleep(1)
    rest = rss_mb(product)
    with _Peak(product) as peak:
        rate = _take(product, cookie, format)
    plain = _copied(made)
    return [
        Figure(f"rows a second of a million as {format}", rate, "/s", "COPY as CSV by psycopg", plain, over=LEAST),
        Figure(f"memory of the server meanwhile, {format}", peak.mb - rest, "MiB", "at rest", rest, under=MOST_MB),
    ]


def _take(product: Product, cookie: str, format: Format, at_most: float = float("inf")) -> float:
    """Take a file of everybody's runs; return rows a second. Raises what `httpx` raises unless it is whole."""
    address = f"{product.url}/api/v1/llm/test/export?whose=all&format={format}&to={END:%Y-%m-%dT%H:%M:%SZ}"
    begun, size = perf_counter(), 0
    with httpx.stream("GET", address, headers={"Cookie": cookie}, timeout=60) as response:
        response.raise_for_status()
        rows = int(response.headers["x-total-rows"])
        for part in response.iter_raw():
            size += len(part)
            if size > at_most:
                break
    return rows / (perf_counter() - begun)


def _copied(made: Millions) -> float:
    """Return rows a second: as fast as the database gives them."""
    begun, rows = perf_counter(), 0
    with psycopg.connect(made.url) as connection, connection.cursor() as cursor, cursor.copy(_PLAIN) as copy:
        for _ in copy:
            rows += 1
    return rows / (perf_counter() - begun)


class _Peak:
    """Looks at the memory of the server again and again; `mb` is the most that it was."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._done = Event()
        self._looking = Thread(target=self._look)
        self.mb = rss_mb(product)

    def __enter__(self) -> "_Peak":
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._done.wait(LOOK_S):
            self.mb = max(self.mb, rss_mb(self._product))
