"""What an operator sees of runs over HTTP: the metrics agree with the ledger, and the log holds nobody's words."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.store.database import Database
from tests.browser.product import ADMIN, PASSWORD, Product, running_product
from tests.fixtures.database import copied
from tests.simulator import Simulator

KEY = "planted-key-0123456789abcdef"
PROMPT = "the planted prompt"
TOKEN = "metrics-token-0123456789"
ENDINGS = {
    "openai/sim/echo": ("completed", None),
    "anthropic/sim/echo?reasoning=4": ("completed", None),
    "openrouter/sim/words?cost=0.000669&n=3": ("completed", None),
    "openai/sim/error-401": ("error", "bad_key"),
    "groq/sim/error-429?retry_after=5": ("error", "rate_limited"),
    "openai/sim/reset": ("error", "network"),
    "openai/sim/not-json?complete=0": ("error", "protocol"),
    "together/sim/truncated": ("incomplete", "truncated"),
    "anthropic/sim/error-after-text": ("error", "provider"),
    "anthropic/sim/silent?after=2": ("error", "timeout"),
}
NAMES = ("provider", "status", "code", "origin")
BY_THE_LEDGER = """
    SELECT provider, status, coalesce(error_code, ''), origin, count(*), sum(input_tokens), sum(output_tokens),
           sum(cost), sum(latency_ms) FROM llm_usage_logs GROUP BY 1, 2, 3, 4
"""


@pytest.fixture(scope="module")
def database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of the product's own database."""
    with copied(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture(scope="module")
def product(database: str, simulator: Simulator, tmp_path_factory) -> Iterator[Product]:
    """A product over simulated providers that lets Prometheus in."""
    providers = ("openai", "anthropic", "openrouter", "groq", "together")
    settings = {f"{name.upper()}_BASE_URL": simulator.base_url(name) for name in providers}
    settings |= {f"{name.upper()}_API_KEY": KEY for name in providers}
    settings |= {"DATABASE_URL": database, "LAB_LOCAL_MODEL": "off", "LAB_METRICS_TOKEN": TOKEN}
    with running_product(tmp_path_factory.mktemp("operated"), **settings, LAB_REQUEST_TIMEOUT_S="1") as product:
        yield product


@pytest.fixture(scope="module")
def told(product: Product) -> dict[str, dict]:
    """What each run of `ENDINGS` told its client at its end. Each was asked for `PROMPT`."""
    with httpx.Client(base_url=product.url, timeout=30, trust_env=False) as client:
        client.post("/api/v1/auth/login", json={"username": ADMIN, "password": PASSWORD}).raise_for_status()
        verdicts = {model: ran(client, model) for model in ENDINGS}
    until_settled(product, len(verdicts))
    return verdicts


def until_settled(product: Product, runs: int, limit_s: float = 10) -> None:
    """Wait until so many runs are counted: a client reads the end of its run before the ledger has it."""
    end = time.monotonic() + limit_s
    while sum(sample.value for sample in samples(product).get("lab_runs_total", [])) < runs:
        assert time.monotonic() < end
        time.sleep(0.05)


def ran(client: httpx.Client, model: str) -> dict:
    """Run `model` to its end and return the verdict."""
    body = {"model_id": model, "messages": [{"role": "user", "content": PROMPT}]}
    answer = client.post("/api/v1/llm/test", json=body)
    assert answer.status_code == 200
    return json.loads(answer.text.strip().splitlines()[-1].removeprefix("data: "))


def scrape(product: Product, token: str | None = TOKEN, scheme: str = "Bearer") -> httpx.Response:
    headers = {"Authorization": f"{scheme} {token}".encode()} if token else {}
    return httpx.get(f"{product.url}/api/v1/metrics", headers=headers, trust_env=False)


def samples(product: Product) -> dict[str, list]:
    """Every sample that Prometheus reads, by its name."""
    found: dict[str, list] = {}
    for family in text_string_to_metric_families(scrape(product).text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def ledger(url: str) -> list[tuple]:
    """The ledger's own sums, by `NAMES` of its runs."""
    with closing(Database(url, pool_size=1)) as database:
        return [tuple(row) for row in database.call(lambda connection: connection.exec_driver_sql(BY_THE_LEDGER).all())]


def log_lines(product: Product) -> list[dict]:
    return [json.loads(line) for line in product.log.read_text().splitlines() if line.startswith("{")]


def test_every_ending_is_counted_as_the_ledger_has_it(product, database, told):
    rows, found = ledger(database), samples(product)
    counted = {tuple(sample.labels[name] for name in NAMES): sample.value for sample in found["lab_runs_total"]}
    assert counted == {row[:4]: row[4] for row in rows}
    assert {(status, code or "") for status, code in ENDINGS.values()} == {key[1:3] for key in counted}


def test_tokens_and_cost_are_those_of_the_ledger(product, database, told):
    rows, found = ledger(database), samples(product)
    for provider in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == provider]
        for direction, column in (("input", 5), ("output", 6)):
            labels = {"provider": provider, "direction": direction}
            assert total(found["lab_tokens_total"], labels) == sum(row[column] for row in mine)
        cost = float(sum(row[7] for row in mine))
        assert total(found["lab_cost_usd_total"], {"provider": provider}) == pytest.approx(cost, rel=1e-12)
        seconds = float(sum(row[8] for row in mine)) / 1000
        assert total(found["lab_run_duration_seconds_sum"], {"provider": provider}) == pytest.approx(seconds)


def total(found: list, labels: dict[str, str]) -> float:
    return sum(sample.value for sample in found if labels.items() <= sample.labels.items())


def test_the_state_of_the_lab_is_read_when_it_is_asked_for(product, told):
    found = samples(product)
    state = ("lab_runs_in_flight", "lab_spool_depth", "lab_spool_torn", "lab_database_pool_in_use")
    assert [found[name][0].value for name in state] == [0, 0, 0, 0]
    assert found["lab_database_pool_size"][0].value > 0


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN}x", "töken"])
def test_without_its_token_nothing_is_told(product, token):
    refused = scrape(product, token)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert "lab_" not in refused.text


def test_only_a_bearer_token_counts(product):
    assert scrape(product, scheme="Basic").status_code == 401
    assert scrape(product, scheme="bearer").headers["content-type"].startswith("text/plain; version=0.0.4")


def test_each_run_is_one_line_of_the_log_that_agrees_with_what_its_client_was_told(product, told):
    lines = {line["run_id"]: line for line in log_lines(product) if line["event"] == "run ended"}
    for model, verdict in told.items():
        line = lines.pop(verdict["run_id"])
        assert (line["model"], line["status"], line.get("code")) == (model, *ENDINGS[model])
        shared = ("input_tokens", "output_tokens", "cost_source", "latency_ms")
        assert [line[name] for name in shared] == [verdict[name] for name in shared]
        assert line["cost_usd"] == verdict["cost"]
    assert not lines


def test_nothing_that_anybody_said_is_in_the_log(product, told):
    planted = f"planted-{uuid4().hex}"
    with httpx.Client(base_url=product.url, timeout=30, trust_env=False) as client:
        client.post("/api/v1/auth/login", json={"username": planted, "password": planted})
        client.post("/api/v1/auth/login", json={"username": ADMIN, "password": PASSWORD})
        client.get("/api/v1/auth/session", params={"code": planted})
        client.get("/", params={"prompt": planted})
        for body in (planted, "[" * 10_000 + planted, json.dumps({"model_id": planted, "prompt": planted})):
            client.post("/api/v1/llm/test", content=body, headers={"Content-Type": "application/json"})
        client.post("/api/v1/llm/test", content=planted, headers={"Authorization": f"Bearer {planted}"})
        client.get("/api/v1/llm/test/history", headers={"Cookie": f"session_token={planted}"})
    written = product.log.read_text()
    assert "request refused" in written
    for secret in (planted, KEY, PROMPT, TOKEN, PASSWORD, "Refused with"):
        assert secret not in written


def test_a_refused_sign_in_is_logged_with_where_it_came_from(product):
    httpx.post(f"{product.url}/api/v1/auth/login", json={"username": "nobody", "password": "x"}, trust_env=False)
    refused, line = log_lines(product)[-2:]
    assert (refused["event"], refused["address"], line["event"]) == ("sign-in refused", "127.0.0.1", "request refused")
    told = {name: line[name] for name in ("level", "code", "status", "method", "path", "address")}
    assert told == {
        "level": "info",
        "code": "not_signed_in",
        "status": 401,
        "method": "POST",
        "path": "/api/v1/auth/login",
        "address": "127.0.0.1",
    }
