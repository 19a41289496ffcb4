"""Users of every kind over providers of every kind, and a database that goes away: does the ledger tell what they saw?

Each request carries a mark of its own in its prompt, by which its record is found afterwards. `books` compares what the
clients were told with what the ledger holds, to the last digit.
"""

import asyncio
import json
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import psycopg

BEHAVIOURS = {
    "words?n=40&rate=100": 12,
    "words?n=5": 8,
    "words?n=30&reasoning=10&cached=20": 4,
    "words?n=10&usage=0": 2,
    "words?n=60&rate=20&size=3": 2,
    "error-429?retry_after=3": 2,
    "error-401": 1,
    "error-500": 1,
    "error-503": 1,
    "truncated?after=5": 2,
    "reset?after=5": 2,
    "half-chunk?after=4": 1,
    "bad-utf8": 1,
    "not-json?complete=0": 1,
    "json-error": 1,
    "error-after-text?after=4": 2,
    "overloaded?after=2": 1,
    "page": 1,
    "redirect": 1,
    "garbage": 1,
    "big-event": 1,
    "comments?after=3": 1,
    "silent?after=3": 1,
    "drip": 1,
    "gzip-bomb": 1,
}
"""What the simulated provider does, and how often beside the others."""

PROVIDERS = ("openai", "openrouter", "anthropic", "groq")
HABITS = {"reads": 14, "whole": 4, "leaves": 3, "leaves at once": 1, "reads slowly": 1}
"""What a client does with its answer, and how often beside the others."""

PATIENCE_S = 60.0


@dataclass
class Request:
    """What a client asked for and was told. `status` is None if it left before it was told anything."""

    mark: str
    habit: str
    status: int | None = None
    run_id: str | None = None
    verdict: dict[str, Any] | None = None
    wrong: str = ""


@dataclass
class Load:
    """A load on the API at `url`: so many clients at once, each asking anew when it is done, until `seconds` are up."""

    url: str
    headers: dict[str, str]
    clients: int
    seconds: float
    seed: int
    requests: list[Request] = field(default_factory=list)

    def run(self) -> list[Request]:
        """Put the load on and return every request."""
        asyncio.run(self._run())
        return self.requests

    async def _run(self) -> None:
        end = monotonic() + self.seconds
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self.clients)
        async with httpx.AsyncClient(headers=self.headers, limits=limits, timeout=PATIENCE_S, trust_env=False) as http:
            await asyncio.gather(*(self._client(http, random.Random(self.seed + n), end) for n in range(self.clients)))

    async def _client(self, http: httpx.AsyncClient, dice: random.Random, end: float) -> None:
        while monotonic() < end:
            request = Request(f"mark-{uuid4().hex}", _one_of(HABITS, dice))
            self.requests.append(request)
            try:
                await _ask(http, self.url, request, dice)
            except httpx.HTTPError as error:
                request.wrong = f"{type(error).__name__} {error}"
            if request.status == 503:
                await asyncio.sleep(0.2)


async def _ask(http: httpx.AsyncClient, url: str, request: Request, dice: random.Random) -> None:
    body = {
        "model_id": f"{dice.choice(PROVIDERS)}/sim/{_one_of(BEHAVIOURS, dice)}",
        "messages": [{"role": "user", "content": request.mark}],
        "stream": request.habit != "whole",
    }
    if request.habit == "leaves at once":
        with suppress(TimeoutError):
            async with asyncio.timeout(dice.uniform(0, 0.05)):
                await _answer(http, url, body, request, dice)
    else:
        await _answer(http, url, body, request, dice)


async def _answer(
    http: httpx.AsyncClient, url: str, body: dict[str, Any], request: Request, dice: random.Random
) -> None:
    async with http.stream("POST", url, json=body) as answer:
        request.status, request.run_id = answer.status_code, answer.headers.get("x-run-id")
        if answer.status_code != 200 or request.habit == "whole":
            told = _exact(await answer.aread())
            request.verdict = told if answer.status_code == 200 else None
            return
        left = dice.randint(1, 5) if request.habit == "leaves" else None
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                request.verdict = _verdict(line)
                left = None if left is None else left - 1
            if left == 0:
                return
            if request.habit == "reads slowly":
                await asyncio.sleep(0.02)


def _verdict(line: str) -> dict[str, Any] | None:
    told: dict[str, Any] = _exact(line[6:])
    return told if "run_id" in told else None


def _exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _one_of(weights: dict[str, int], dice: random.Random) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


@dataclass(frozen=True)
class Books:
    """The clients' word beside the ledger's. All is well when `wrong` is empty.

    `told_usd` is what the clients were told, `kept_usd` what the ledger holds of the same runs.
    """

    requests: int
    accepted: int
    told: int
    records: int
    told_usd: Decimal
    kept_usd: Decimal
    wrong: dict[str, int]


def books(requests: list[Request], database_url: str) -> Books:
    """Compare every request with its record."""
    records = _records(database_url)
    told = [request for request in requests if request.verdict]
    kept = {request.mark: records.get(request.mark, []) for request in requests}
    return Books(
        requests=len(requests),
        accepted=sum(request.status == 200 for request in requests),
        told=len(told),
        records=sum(map(len, records.values())),
        told_usd=sum((_told_usd(request) for request in told), Decimal()),
        kept_usd=sum((record[2] or Decimal() for request in told for record in kept[request.mark]), Decimal()),
        wrong=dict(Counter(filter(None, (wrong(request, kept[request.mark]) for request in requests)))),
    )


def unsettled(database_url: str) -> int:
    """Return how many runs have no final record yet, and how many places are still taken."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM llm_usage_logs WHERE settled_at IS NULL AND status = 'started')"
            " + (SELECT coalesce(sum(abs(running)), 0) FROM running_counts)"
        ).fetchone()
    assert row
    return int(row[0])


def _records(database_url: str) -> dict[str, list[tuple[str, str, Decimal | None]]]:
    found: dict[str, list[tuple[str, str, Decimal | None]]] = {}
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT metadata->>'prompt', id::text, status, cost FROM llm_usage_logs")
        for mark, run_id, status, cost in rows:
            found.setdefault(mark, []).append((run_id, status, cost))
    return found


def _told_usd(request: Request) -> Decimal:
    assert request.verdict
    return Decimal(request.verdict["cost"] or 0)


def wrong(request: Request, records: list[tuple[str, str, Decimal | None]]) -> str:
    """Return what is wrong with a request and its records, or nothing."""
    if len(records) > 1:
        return "counted twice"
    if request.status == 200:
        return _wrong_record(request, *records[0]) if records else "vanished"
    if request.status is None or request.status == 503:  # nobody can tell whether it was let in before the line broke
        return "cost without a run" if records and request.status == 503 and records[0][2] else ""
    return "recorded, though refused" if records else ""


def _wrong_record(request: Request, run_id: str, status: str, cost: Decimal | None) -> str:
    if run_id != request.run_id:
        return "another id"
    if status == "started":
        return "never settled"
    if cost is None:
        return "no cost"
    if request.verdict and _told_usd(request) != cost:
        return "another cost"
    if not request.verdict and request.habit in ("reads", "whole", "reads slowly"):
        return request.wrong or "no verdict"
    return ""
