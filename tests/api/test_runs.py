"""A run over HTTP: its stream, its whole answer, what is refused, and that the ledger tells the same."""

import json
import socket
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.domain.access import Tier
from core.domain.accounts import Scope, User
from core.domain.runs import RunOrigin, RunRecord, RunStatus
from core.engine.live_run import LiveRun
from tests.fixtures.database import copied
from tests.fixtures.http import Served, served_lab
from tests.fixtures.lab import KEY, add_user, calls, ended, start


def asked(model: str = "openai/sim/words", **changes: Any) -> dict[str, Any]:
    """A body."""
    return {"model_id": model, "messages": [{"role": "user", "content": "Why is the sky blue?"}]} | changes


def events(client: httpx.Client, **changes: Any) -> list[dict[str, Any]]:
    """The events of a streamed run."""
    with client.stream("POST", "/llm/test", json=asked(**changes)) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        return [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]


def exact(answer: httpx.Response) -> Any:
    """The JSON of an answer, with every digit."""
    return json.loads(answer.text, parse_float=Decimal)


def recorded(served: Served, user: User, run_id: str) -> RunRecord:
    """The settled record of a run."""
    assert live(served, run_id).settled.wait(5)
    return served.lab.history.open(user, run_id)


def live(served: Served, run_id: str) -> LiveRun:
    """The run as the engine holds it, for a minute after its end."""
    run = served.lab.engine.find(UUID(run_id))
    assert run
    return run


@pytest.fixture(scope="module")
def everybodys(postgres_url, migrated_template, simulator, tmp_path_factory):
    """A served lab that all tests here share."""
    with (
        copied(postgres_url, migrated_template) as url,
        served_lab(url, simulator, tmp_path_factory.mktemp("lab")) as served,
    ):
        yield served


@pytest.fixture
def served(everybodys, simulator):
    """The served lab, and a simulator that has seen nothing yet."""
    simulator.clear()
    return everybodys


@pytest.fixture
def ann(served: Served):
    """Somebody new who may do everything."""
    return add_user(served.lab, f"ann{uuid4().hex[:8]}")


@pytest.fixture
def client(served: Served, ann):
    """Ann's client."""
    with served.client(ann) as client:
        yield client


def test_text_comes_in_pieces_and_the_verdict_last(served, ann, client):
    *pieces, done = events(client, model="openai/sim/words?n=20&rate=200")
    assert len(pieces) > 5
    assert all(set(piece) == {"content", "tokens"} for piece in pieces)
    assert [piece["tokens"] for piece in pieces] == sorted(piece["tokens"] for piece in pieces)
    assert done["done"] is True
    assert done["total_tokens"] == done["input_tokens"] + done["output_tokens"]
    assert done["finish_reason"] == "stop"


def test_the_ledger_tells_what_the_client_was_told(served, ann, client):
    with client.stream("POST", "/llm/test", json=asked("openai/sim/words?n=30")) as answer:
        run_id = answer.headers["x-run-id"]
        lines = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]
    done = json.loads(lines[-1], parse_float=Decimal)
    record = recorded(served, ann, run_id)
    assert done["run_id"] == run_id
    assert record.status is RunStatus.COMPLETED
    assert record.origin is RunOrigin.API
    assert record.response == "".join(json.loads(line).get("content", "") for line in lines)
    assert (record.cost.amount, record.cost.source) == (done["cost"], done["cost_source"])
    assert (record.input_tokens, record.output_tokens) == (done["input_tokens"], done["output_tokens"])
    assert (record.latency_ms, record.ttft_ms) == (done["latency_ms"], done["ttft_ms"])


def test_reasoning_comes_apart(client):
    found = events(client, model="openrouter/sim/words?n=3&reasoning=4")
    assert any("reasoning" in event for event in found[:-1])
    assert all("tokens" not in event for event in found if "reasoning" in event)


def test_without_a_stream_the_whole_comes_at_once(served, ann, client):
    answer = client.post("/llm/test", json=asked("openai/sim/words?n=10", stream=False))
    assert answer.status_code == 200
    told = exact(answer)
    record = recorded(served, ann, told["run_id"])
    assert told["content"] == record.response
    assert told["cost"] == record.cost.amount
    assert answer.headers["x-run-id"] == told["run_id"]


@pytest.mark.parametrize("stream", [True, False])
def test_what_a_provider_refuses_is_told_inside_the_answer(client, stream):
    body = asked("openai/sim/error-401", stream=stream)
    answer = client.post("/llm/test", json=body)
    told = json.loads(answer.text.removeprefix("data: "))
    assert answer.status_code == 200
    assert told["code"] == "bad_key"
    assert told["cost"] == 0
    assert KEY not in answer.text
    assert "<" not in told["error"]


def test_an_answer_that_breaks_off_keeps_its_text_and_its_cost(served, ann, client):
    told = client.post("/llm/test", json=asked("openai/sim/truncated?after=5", stream=False)).json()
    assert told["code"] == "truncated"
    assert told["content"]
    assert told["cost_source"] == "estimated"
    assert recorded(served, ann, told["run_id"]).status is RunStatus.INCOMPLETE


@pytest.mark.parametrize("stream", [True, False])
def test_tags_are_recorded_with_the_run_and_no_provider_sees_them(served, ann, client, simulator, stream):
    answer = client.post("/llm/test", json=asked(stream=stream, tags={"team": "süpport", "ticket": "4711"}))
    assert recorded(served, ann, answer.headers["x-run-id"]).tags == {"team": "süpport", "ticket": "4711"}
    (call,) = calls(simulator)
    assert "tags" not in call.body
    assert "4711" not in f"{call.path} {call.headers} {call.body}"
    plain = client.post("/llm/test", json=asked())
    assert recorded(served, ann, plain.headers["x-run-id"]).tags == {}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"Team": "support"}, "tags.Team: name a tag with a small letter (a-z) first"),
        ({"team": " "}, "tags.team: write 1 to 60 characters that can be seen"),
        (None, "tags: send an object."),
    ],
)
def test_tags_that_will_not_do_are_refused_in_plain_words(client, simulator, tags, words):
    answer = client.post("/llm/test", json=asked(tags=tags))
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(words)
    assert not calls(simulator)


@pytest.mark.parametrize(
    ("model", "status"),
    [("nowhere/gpt", 400), ("openai", 422), ("openai/", 422), ("", 422)],
)
def test_a_model_that_cannot_be_is_refused(served, client, simulator, model, status):
    answer = client.post("/llm/test", json=asked(model))
    assert answer.status_code == status
    assert set(answer.json()) == {"detail"}
    assert not calls(simulator)


def test_a_tier_that_is_too_low_is_told_which_one_is_needed(served, simulator):
    with served.client(add_user(served.lab, "tom", Tier.TRIAL)) as client:
        answer = client.post("/llm/test", json=asked())
    assert answer.status_code == 403
    detail = answer.json()["detail"]
    assert (detail["tier_required"], detail["current_tier"]) == ("enterprise", "trial")
    assert not calls(simulator)


def test_nobody_is_let_in_without_a_right(served, ann, simulator):
    with served.anybody() as client:
        assert client.post("/llm/test", json=asked()).status_code == 401
        assert (
            client.post("/llm/test", content="no JSON", headers={"content-type": "application/json"}).status_code == 401
        )
    with served.client(ann, Scope.READ) as reader:
        assert reader.post("/llm/test", json=asked()).status_code == 403
    assert not calls(simulator)


def test_who_asks_too_fast_is_told_when_to_go_on(database_url, simulator, tmp_path):
    with (
        served_lab(database_url, simulator, tmp_path, LAB_API_REQUESTS_PER_MINUTE=2) as served,
        served.client(add_user(served.lab)) as client,
    ):
        answers = [client.get("/models") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert set(answers[2].json()["detail"]) == {"error", "limit", "used", "resets_at"}
    assert int(answers[2].headers["retry-after"]) > 0


def test_no_more_runs_at_once_than_allowed(database_url, simulator, tmp_path):
    with (
        served_lab(database_url, simulator, tmp_path, LAB_USER_CONCURRENCY=1) as served,
        served.client(add_user(served.lab)) as client,
        client.stream("POST", "/llm/test", json=asked("openai/sim/silent?after=1")) as held,
    ):
        pieces = held.iter_bytes()  # a reader who lets go of it hangs up
        next(pieces)
        refused = client.post("/llm/test", json=asked())
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_without_a_key_nothing_is_started(database_url, simulator, tmp_path):
    with (
        served_lab(database_url, simulator, tmp_path, OPENAI_API_KEY=None) as served,
        served.client(add_user(served.lab)) as client,
    ):
        answer = client.post("/llm/test", json=asked())
    assert answer.status_code == 503
    assert "key" in answer.json()["detail"]


def test_what_a_token_started_goes_on_when_its_owner_signs_out(served, ann, client):
    with client.stream("POST", "/llm/test", json=asked("openai/sim/silent?after=1")) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        run = live(served, answer.headers["x-run-id"])
        by_hand = start(served.lab, ann, "openai/sim/silent")
        served.lab.runs.stop_all(ann)
        assert ended(by_hand).status is RunStatus.CANCELLED
        assert run.outcome is None


def test_a_silent_line_is_kept_open(served, client, monkeypatch):
    monkeypatch.setattr("core.api.runs.KEEP_ALIVE_S", 0.05)
    with client.stream("POST", "/llm/test", json=asked("openai/sim/silent?after=1")) as answer:
        lines = answer.iter_lines()
        while not next(lines).startswith(":"):
            pass


def test_a_reader_who_takes_nothing_for_too_long_is_hung_up_on(served, ann, monkeypatch):
    monkeypatch.setattr("core.api.runs.KEEP_ALIVE_S", 0.02)
    monkeypatch.setattr("core.api.runs.STALLED_AFTER", 5)
    body = asked("openai/sim/endless", max_tokens=1_000_000)
    narrow = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)])
    with (
        served.client(ann, transport=narrow) as client,
        client.stream("POST", "/llm/test", json=body) as answer,
    ):
        chunks = answer.iter_raw()
        next(chunks)
        assert live(served, answer.headers["x-run-id"]).settled.wait(20)
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)
