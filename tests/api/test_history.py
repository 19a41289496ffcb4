"""The history over HTTP: every field of the contract, whole texts, exact money, and nobody else's runs."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from core.domain.accounts import User
from core.domain.chat import Message
from core.domain.faults import FaultCode
from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.runs import EXCERPT_CHARACTERS, RunStatus
from core.store.ledger import Ledger
from core.store.tables import run_texts
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.runs import NOW, admission, record

HISTORY = "/api/v1/llm/test/history"
FIELDS = {
    "id", "model_id", "prompt", "response", "tokens_used", "input_tokens", "output_tokens", "cost", "cost_source",
    "latency_ms", "ttft_ms", "status", "error_code", "created_at", "parameters", "tags", "paid_by",
}  # fmt: skip


def exact(response: httpx.Response) -> dict:
    """The body, its numbers to the last digit."""
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal)


def made(ledger: Ledger, user: User, seconds: int = 0, **changes) -> str:
    """Record a run of `user` that was started `seconds` after `NOW`; returns its id."""
    asked = {key: changes.pop(key) for key in ("prompt", "model_id", "tags") if key in changes}
    run = admission(user.id, started_at=NOW + timedelta(seconds=seconds), **asked)
    record(ledger, run, **changes)
    return str(run.run_id)


def ids(response: httpx.Response) -> list[str]:
    return [entry["id"] for entry in exact(response)["tests"]]


def test_an_entry_has_every_field_of_the_contract(signed_in, ledger, user):
    run_id = made(ledger, user, prompt="Why?", text="Because.", tags={"team": "support"})
    answer = exact(signed_in.get(HISTORY))
    (entry,) = answer["tests"]
    assert (answer["total"], answer["limit"], answer["offset"], answer["next_cursor"]) == (1, 20, 0, None)
    assert entry == {
        "id": run_id,
        "model_id": "openai/gpt-4o-mini",
        "prompt": "Why?",
        "response": "Because.",
        "tokens_used": 164,
        "input_tokens": 44,
        "output_tokens": 120,
        "cost": Decimal("0.0000786"),
        "cost_source": "computed",
        "latency_ms": 1200,
        "ttft_ms": 170,
        "status": "completed",
        "error_code": None,
        "created_at": "2026-11-20T12:00:00Z",
        "parameters": {"temperature": Decimal("0.7"), "max_tokens": 1000, "top_p": Decimal("1.0")},
        "tags": {"team": "support"},
        "paid_by": "lab",
    }
    assert set(entry) == FIELDS


@pytest.mark.parametrize("digits", ["0.000000000000000123456789012345678", "12345678901234567890.123456789", "1E-18"])
def test_money_keeps_its_last_digit(signed_in, ledger, user, digits):
    made(ledger, user, cost=Cost(amount=Decimal(digits), source=CostSource.PROVIDER))
    response = signed_in.get(HISTORY)
    assert exact(response)["tests"][0]["cost"] == Decimal(digits)
    assert f'"cost":{Decimal(digits):f},' in response.text


def test_an_unknown_cost_is_null_and_a_failure_has_its_code(signed_in, ledger, user):
    made(ledger, user, cost=UNKNOWN, status=RunStatus.ERROR, error_code=FaultCode.NETWORK, ttft_ms=None)
    (entry,) = exact(signed_in.get(HISTORY))["tests"]
    assert (entry["cost"], entry["cost_source"], entry["ttft_ms"]) == (None, "unknown", None)
    assert (entry["status"], entry["error_code"]) == ("error", "network")


def test_texts_are_whole_where_they_are_kept_and_else_their_excerpts(signed_in, ledger, user, shared_database):
    question, answer = "q" * 3000, "ä" * 3000
    made(ledger, user, prompt=question, text=answer)
    (whole,) = exact(signed_in.get(HISTORY))["tests"]
    assert (whole["prompt"], whole["response"]) == (question, answer)
    shared_database.call(lambda connection: connection.execute(delete(run_texts)))
    (cut,) = exact(signed_in.get(HISTORY))["tests"]
    assert (cut["prompt"], cut["response"]) == (question[:EXCERPT_CHARACTERS], answer[:EXCERPT_CHARACTERS])


def test_offsets_and_cursors_show_every_run_once_and_newest_first(signed_in, ledger, user):
    newest_first = [made(ledger, user, seconds) for seconds in (0, 1, 1, 2, 3)][::-1]
    by_offset = [ids(signed_in.get(HISTORY, params={"limit": 2, "offset": offset})) for offset in (0, 2, 4, 6)]
    assert [len(page) for page in by_offset] == [2, 2, 1, 0]
    in_order = list(chain.from_iterable(by_offset))
    assert sorted(in_order) == sorted(newest_first)
    assert (in_order[0], in_order[-1]) == (newest_first[0], newest_first[-1])
    by_cursor, cursor = [], ""
    while cursor is not None:
        response = signed_in.get(HISTORY, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        by_cursor += ids(response)
        assert exact(response)["total"] == 5
        cursor = exact(response)["next_cursor"]
    assert by_cursor == in_order


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"model_id": "groq/llama"}, [1]),
        ({"model_id": "\0"}, []),
        ({"status": "cancelled"}, [2]),
        ({"from": "2026-11-20T12:00:01Z"}, [2, 1]),
        ({"to": "2026-11-20T12:00:01Z"}, [0]),
        ({"from": "2026-11-20T17:45:01+05:45", "to": "2026-11-20T12:00:02Z"}, [1]),
        ({"from": "2027-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, []),
        ({"status": "completed", "model_id": "groq/llama"}, [1]),
        ({"q": "SKY blu"}, [1, 0]),
        ({"q": "sky blu", "model_id": "groq/llama"}, [1]),
        ({"q": "?!"}, []),
        ({"tag": "team=support"}, [1]),
        ({"tag": "team=none"}, []),
    ],
)
def test_filters_restrict_the_runs_and_their_total(signed_in, ledger, user, query, found):
    runs = [
        made(ledger, user, 0),
        made(ledger, user, 1, model_id="groq/llama", tags={"team": "support"}),
        made(ledger, user, 2, status=RunStatus.CANCELLED, prompt="And the sea?"),
    ]
    response = signed_in.get(HISTORY, params=query)
    assert ids(response) == [runs[number] for number in found]
    assert exact(response)["total"] == len(found)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit: use 1 or more."),
        ("limit=101", "limit: use 100 or less."),
        ("limit=ten", "limit: use a whole number."),
        ("offset=-1", "offset: use 0 or more."),
        ("offset=99999999999999999999", "offset: use 1,000,000,000 or less."),
        ("cursor=forged", "cursor: send a next_cursor as it came, or leave it out."),
        ("cursor=" + "_" * 32, "cursor: send a next_cursor as it came, or leave it out."),
        ("status=started", "status: use completed, incomplete, cancelled, error or unknown."),
        ("from=2026-11-20", "from: give an instant like 2026-12-31T23:00:00Z."),
        ("to=1700000000", "to: give an instant like 2026-12-31T23:00:00Z."),
        ("to=2026-11-20T12:00:00", "to: give an instant like 2026-12-31T23:00:00Z."),
        ("tag=team", "tag: write it as name=value."),
        ("model=gpt", "model: nothing of that name is known here; leave it out."),
        ("limit=1&limit=2", "Send each parameter only once."),
    ],
)
def test_a_query_that_will_not_do_is_refused_in_plain_words(signed_in, query, words):
    response = signed_in.get(f"{HISTORY}?{query}")
    assert (response.status_code, response.json()) == (422, {"detail": words})


def test_one_run_is_told_whole(signed_in, ledger, user):
    run = admission(user.id, tags={"team": "support"})
    messages = (Message(role="system", content="Be brief."), *run.request.messages)
    run = run.model_copy(update={"request": run.request.model_copy(update={"messages": messages})})
    record(ledger, run, reasoning="Let me think.", notices=("top_p was left out.",))
    told = exact(signed_in.get(f"{HISTORY}/{run.run_id}"))
    assert set(told) > FIELDS
    assert told["messages"] == [message.model_dump() for message in messages]
    assert told["tags"] == {"team": "support"}
    assert (told["reasoning"], told["notices"]) == ("Let me think.", ["top_p was left out."])
    assert (told["cost"], told["finish_reason"], told["origin"]) == (Decimal("0.0000786"), "stop", "playground")


def test_nobody_reads_the_runs_of_another(signed_in, ledger, accounts, user):
    other = accounts.add(f"other{uuid4().hex[:8]}", PASSWORD, tier=user.tier, role=user.role)
    run_id = made(ledger, other)
    assert exact(signed_in.get(HISTORY))["tests"] == []
    for missing in (run_id, uuid4(), "no-id", "%C3%A9"):
        assert signed_in.get(f"{HISTORY}/{missing}").status_code == 404


def test_a_run_is_in_the_history_as_soon_as_its_client_has_heard_its_end(signed_in):
    body = {"model_id": "openai/sim/words?n=3", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
    for _ in range(5):
        run = exact(signed_in.post("/api/v1/llm/test", json=body))
        told = exact(signed_in.get(f"{HISTORY}/{run['run_id']}"))
        assert (told["response"], told["cost"], told["origin"]) == (run["content"], run["cost"], "api")


@pytest.mark.parametrize("path", [HISTORY, f"{HISTORY}/{uuid4()}"], ids=["all", "one"])
def test_without_a_session_there_is_no_history(client, product, path):
    response = client.get(path)
    assert (response.status_code, set(response.json())) == (401, {"detail"})
