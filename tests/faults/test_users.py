"""Faults 15–22 over HTTP: what people and programs do, by mistake or on purpose."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, insert, select, update

from core.domain.access import Tier
from core.domain.accounts import User
from core.domain.periods import month_start
from core.domain.queries import HistoryFilter
from core.domain.runs import RunOrigin, RunStatus
from core.domain.web import SESSION_COOKIE
from core.store.tables import api_tokens, llm_usage_logs, month_counts, sessions
from tests.fixtures.accounts import ADDRESS, AGENT
from tests.fixtures.http import Served
from tests.fixtures.lab import add_user, calls, ended, start
from tests.fixtures.runs import NOW
from tests.fixtures.servers import eventually

SOON_S, GONE_S = 0.5, 1.0
CLIENTS = 33
RUN, JSON = "/llm/test", "application/json"
MESSAGE = {"role": "user", "content": "Why is the sky blue?"}


def asked(model: str = "openai/sim/words", **changes: Any) -> dict[str, Any]:
    """A body."""
    return {"model_id": model, "messages": [MESSAGE]} | changes


def dumped(model: str = "openai/sim/words", **changes: Any) -> bytes:
    """A body as it is sent."""
    return json.dumps(asked(model, **changes)).encode()


def token_of(served: Served, user: User) -> str:
    """A token of a session of the user's."""
    return served.lab.accounts.open_session(user, ADDRESS, AGENT)


def signed_in(served: Served, user: User) -> httpx.Client:
    """A browser in which the user is signed in."""
    return served.anybody(cookies={SESSION_COOKIE: token_of(served, user)})


def nothing_was_done(served: Served, user: User, requests: list[Any]) -> bool:
    """No provider was called, and the ledger knows of no run of the user's."""
    count = select(func.count()).where(llm_usage_logs.c.user_id == user.id)
    return not requests and served.lab.database.call(lambda connection: connection.scalar(count)) == 0


@contextmanager
def line(served: Served, user: User, body: bytes, length: int | None = None) -> Iterator[socket.socket]:
    """A connection over which a run was asked for, with room for a few answered bytes only."""
    with served.client(user) as client:
        bearer = client.headers["authorization"]
    head = (
        f"POST /api/v1{RUN} HTTP/1.1\r\nHost: lab\r\nAuthorization: {bearer}\r\nContent-Type: {JSON}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    address = urlsplit(served.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(15)
        connection.connect((address.hostname, address.port))
        connection.sendall(head.encode() + body)
        yield connection


# 15: sign-out in mid-run


@pytest.mark.alone
@pytest.mark.parametrize("model", ["openai/sim/words?n=9000&rate=100", "openai/sim/silent?headers=0"])
def test_15_signing_out_over_http_ends_what_is_in_flight(served, eve, simulator, model):
    with signed_in(served, eve) as client:
        client.get("/models")  # what is done only once is done
        run = start(served.lab, eve, model, RunOrigin.PLAYGROUND)
        eventually(lambda: calls(simulator))
        left = monotonic()
        assert client.post("/auth/logout").status_code == 200
    assert ended(run, SOON_S).status is RunStatus.CANCELLED
    connection = calls(simulator)[-1].connection
    assert connection.wait_closed(SOON_S)
    assert connection.closed_by == "client"
    assert connection.closed_at - left < SOON_S


# 17: many at the last free place


def at_once(work: Callable[[], int]) -> list[int]:
    """What `work` returns to so many who do it at the same moment."""
    start_together = Barrier(CLIENTS)

    def one(_: int) -> int:
        start_together.wait(10)
        return work()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS)))


def test_17_of_33_clients_at_the_last_free_place_one_gets_it(served, eve, simulator):
    for _ in range(served.lab.settings.user_concurrency - 1):
        start(served.lab, eve, "openai/sim/silent")
    answered = Barrier(CLIENTS)

    def status() -> int:
        with client.stream("POST", RUN, json=asked("openai/sim/silent?after=1")) as answer:
            answered.wait(10)  # nobody hangs up before all have their answer, which would make room
            return answer.status_code

    with served.client(eve) as client:
        assert sorted(at_once(status)) == [200] + [429] * (CLIENTS - 1)
    served.lab.runs.stop_all(eve)
    assert len(calls(simulator)) == served.lab.settings.user_concurrency


def test_17_of_33_clients_at_the_last_run_of_the_month_one_gets_it(served, simulator):
    tom = add_user(served.lab, f"tom{uuid4().hex[:8]}", Tier.TRIAL)
    limit = served.lab.tiers.runs_a_month(Tier.TRIAL)
    month = month_start(datetime.now(UTC), served.lab.settings.timezone)
    used = insert(month_counts).values(user_id=tom.id, month=month, runs=limit - 1)
    served.lab.database.call(lambda connection: connection.execute(used))
    with served.client(tom) as client:
        statuses = at_once(lambda: client.post(RUN, json=asked("local/sim/words", stream=False)).status_code)
    assert sorted(statuses) == [200] + [429] * (CLIENTS - 1)
    assert len(calls(simulator)) == 1
    assert served.lab.runs.runs_left(tom) == 0


# 18: readers that leave, and readers that are slow


@pytest.mark.alone
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("model", ["openai/sim/silent?headers=0", "openai/sim/silent?after=5"])
def test_18_who_leaves_has_the_run_cancelled_and_settled_within_a_second(served, eve, simulator, model, stream):
    with line(served, eve, dumped(model, stream=stream)):
        eventually(lambda: calls(simulator))
        (run,) = served.lab.runs.live(eve)
        left = monotonic()
    assert run.settled.wait(GONE_S)
    assert calls(simulator)[-1].connection.wait_closed(GONE_S)
    assert monotonic() - left < GONE_S
    (row,) = served.lab.history.page(eve, HistoryFilter()).rows
    assert row.status is RunStatus.CANCELLED
    assert row.cost.amount


@pytest.mark.alone
def test_18_a_reader_of_one_byte_a_second_gets_everything_and_slows_nobody(served, eve):
    def hundred_words(user: User) -> int:
        return ended(start(served.lab, user, "openai/sim/words?n=100&rate=100")).latency_ms

    def others() -> list[int]:
        with ThreadPoolExecutor(5) as pool:
            return list(pool.map(hundred_words, [bob] * 5))

    bob = add_user(served.lab, f"bob{uuid4().hex[:8]}")
    alone = max(others())
    with line(served, eve, dumped("openai/sim/big-event?mb=1&pieces=4")) as slow:
        got = slow.recv(1)
        (run,) = served.lab.runs.live(eve)
        beside = max(others())
        got += slow.recv(1)
        assert ended(run).status is RunStatus.COMPLETED
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while not got.endswith(b"0\r\n\r\n"):
            got += slow.recv(1 << 20)
    assert beside < alone + 300
    assert got.count(b"x") >= len(run.outcome.text) - 100 > 4_000_000


# 19: bodies that nobody should send


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"messages":' + b"[" * 10_000, 422),
        (dumped(messages=[MESSAGE | {"content": "x" * (1 << 20)}]), 413),
        (dumped(messages=[MESSAGE] * 10_000), 422),
        (dumped(max_tokens=10**12), 422),
        (dumped(temperature=float("nan")), 422),
        (dumped("openai/sim\0words"), 422),
        (dumped(messages=[MESSAGE | {"content": "half a pair: \ud83d"}]), 422),
    ],
    ids=["nested", "large", "many", "greedy", "no number", "nul", "surrogate"],
)
def test_19_a_body_that_will_not_do_is_refused_in_plain_words(served, eve, simulator, body, status):
    with served.client(eve) as client:
        answer = client.post(RUN, content=body, headers={"Content-Type": JSON})
    assert answer.status_code == status
    assert answer.json()["detail"].endswith(".")
    assert "Traceback" not in answer.text
    assert nothing_was_done(served, eve, calls(simulator))


def test_19_a_body_of_300_megabytes_is_not_waited_for(served, eve, simulator):
    with line(served, eve, b" " * (2 << 20), length=300 << 20) as sent:
        assert sent.recv(12) == b"HTTP/1.1 413"
    assert nothing_was_done(served, eve, calls(simulator))


def test_19_a_nul_in_a_prompt_is_left_out(served, eve, simulator):
    with served.client(eve) as client:
        answer = client.post(RUN, json=asked(messages=[MESSAGE | {"content": "a\0b \N{GRINNING FACE}"}], stream=False))
    assert answer.status_code == 200
    (row,) = served.lab.history.page(eve, HistoryFilter()).rows
    assert row.prompt == calls(simulator)[-1].body["messages"][0]["content"] == "ab \N{GRINNING FACE}"


# 20: keys that open nothing


def forged(served: Served, user: User) -> str:
    return "x" * 43


def malformed(served: Served, user: User) -> str:
    return "%00%ff"


def expired(served: Served, user: User) -> str:
    token = token_of(served, user)
    ages_ago = update(sessions).where(sessions.c.user_id == user.id).values(expires_at=NOW - timedelta(days=9999))
    served.lab.database.call(lambda connection: connection.execute(ages_ago))
    return token


def signed_out(served: Served, user: User) -> str:
    token = token_of(served, user)
    served.lab.accounts.sign_out(token)
    return token


def disabled(served: Served, user: User) -> str:
    token = token_of(served, user)
    served.lab.accounts.disable(user.username)
    return token


@pytest.mark.parametrize("cookie", [forged, malformed, expired, signed_out, disabled])
def test_20_a_cookie_that_opens_nothing_is_a_401(served, eve, simulator, cookie):
    with served.anybody(cookies={SESSION_COOKIE: cookie(served, eve)}) as client:
        is_shut(client)
    assert nothing_was_done(served, eve, calls(simulator))


@pytest.mark.parametrize("ending", ["forged", "revoked", "expired", "disabled"])
def test_20_a_token_that_opens_nothing_is_a_401(served, eve, simulator, ending):
    with served.client(eve) as client:
        (token,) = served.lab.tokens.of(eve)
        match ending:
            case "forged":
                client.headers["Authorization"] = f"Bearer lab_{'x' * 43}"
            case "revoked":
                served.lab.tokens.revoke(eve, token.id)
            case "expired":
                past = update(api_tokens).where(api_tokens.c.user_id == eve.id).values(expires_at=NOW)
                served.lab.database.call(lambda connection: connection.execute(past))
            case "disabled":
                served.lab.accounts.disable(eve.username)
        is_shut(client)
    assert nothing_was_done(served, eve, calls(simulator))


def is_shut(client: httpx.Client) -> None:
    """Every door that asks who is there answers 401, in one plain sentence."""
    for answer in (client.post(RUN, json=asked()), client.get(f"{RUN}/history"), client.get("/models")):
        assert answer.status_code == 401
        assert set(answer.json()) == {"detail"}
        assert "Traceback" not in answer.text


# 21: what is somebody else's


def test_21_anothers_run_is_as_unknown_as_none(served, eve):
    bob = add_user(served.lab, f"bob{uuid4().hex[:8]}")
    in_flight = start(served.lab, bob, "openai/sim/silent")
    over = start(served.lab, bob, "openai/sim/words")
    ended(over)
    with served.client(eve) as client:
        answers = [client.get(f"{RUN}/history/{run_id}") for run_id in (over.admission.run_id, uuid4(), "none")]
        answers.append(client.get(f"{RUN}/history/{in_flight.admission.run_id}"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    served.lab.runs.stop_all(bob)


# 22: requests that another site makes a browser send


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
@pytest.mark.parametrize("path", [RUN, "/auth/login", "/auth/logout"])
def test_22_what_another_site_sends_is_refused(served, eve, simulator, path, headers, status):
    with signed_in(served, eve) as client:
        answer = client.post(path, content=dumped(), headers={"Content-Type": JSON} | headers)
        assert answer.status_code == status
        assert client.get("/models").status_code == 200
    assert nothing_was_done(served, eve, calls(simulator))
