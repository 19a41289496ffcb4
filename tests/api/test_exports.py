"""Runs as a file over HTTP: whole and exact, sent as it is made, no faster than it is read, and to nobody else."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pyarrow.parquet
import pytest

from core.api import downloads
from core.domain.access import Role
from core.domain.accounts import Scope, User
from core.domain.queries import HistoryFilter
from core.domain.runs import RunOrigin, RunStatus
from core.errors import StoreUnavailable
from core.lab import install
from core.services.export_formats import COLUMNS
from core.services.exports import Exports
from core.store.audit import AuditStore
from core.store.export_rows import ExportRows, Piece
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.http import Served
from tests.fixtures.lab import add_user, ended, request, start
from tests.fixtures.runs import NOW, admission, record

EXPORT = "/api/v1/llm/test/export"
LINE = b"x" * 100_000


def made(ledger: Ledger, user: User, seconds: int = 0, **changes) -> str:
    """Record a run of `user` that was started `seconds` after a moment in the past; returns its id."""
    asked = {key: changes.pop(key) for key in ("prompt", "model_id") if key in changes}
    run = admission(user.id, started_at=NOW.replace(year=2025) + timedelta(seconds=seconds), **asked)
    record(ledger, run, **changes)
    return str(run.run_id)


def of_csv(body: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))


def of_parquet(body: bytes) -> list[dict]:
    return pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()


FORMATS: list[tuple[str, str, Callable[[bytes], list[dict]]]] = [
    ("csv", "text/csv; charset=utf-8", of_csv),
    ("json", "application/json", json.loads),
    ("parquet", "application/vnd.apache.parquet", of_parquet),
]


@pytest.mark.parametrize(("format", "media_type", "parsed"), FORMATS)
def test_a_browser_is_given_a_file_and_told_how_much_is_in_it(signed_in, ledger, user, format, media_type, parsed):
    newest_first = [made(ledger, user, seconds, prompt="=1+1") for seconds in range(3)][::-1]
    response = signed_in.get(EXPORT, params={"format": format})
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f'attachment; filename="runs.{format}"'
    assert (response.headers["x-total-rows"], response.headers["cache-control"]) == ("3", "no-store")
    runs = parsed(response.content)
    assert [run["id"] for run in runs] == newest_first
    assert {run["cost_usd"] for run in runs} == {"0.0000786"}
    assert {run["prompt"] for run in runs} == {"'=1+1" if format == "csv" else "=1+1"}


def test_a_head_tells_how_much_there_is_and_sends_none_of_it(signed_in, ledger, user):
    made(ledger, user)
    response = signed_in.head(EXPORT)
    assert (response.status_code, response.headers["x-total-rows"], response.content) == (200, "1", b"")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"model_id": "groq/llama"}, [1]),
        ({"provider": "groq"}, [1]),
        ({"provider": "\0"}, []),
        ({"status": "cancelled"}, [2]),
        ({"status": "started"}, []),
        ({"q": "TIDES"}, [0]),
        ({"from": "2025-11-20T12:00:01Z"}, [2, 1]),
        ({"to": "2025-11-20T12:00:01Z"}, [0]),
        ({"from": "2025-11-20T17:45:01+05:45", "to": "2025-11-20T12:00:02Z"}, [1]),
        ({"from": "2027-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, []),
        ({"status": "completed", "model_id": "groq/llama"}, [1]),
    ],
)
def test_filters_restrict_the_file(signed_in, ledger, user, query, found):
    runs = [
        made(ledger, user, 0, prompt="of tides"),
        made(ledger, user, 1, model_id="groq/llama"),
        made(ledger, user, 2, status=RunStatus.CANCELLED),
    ]
    response = signed_in.get(EXPORT, params=query)
    assert [run["id"] for run in of_csv(response.content)] == [runs[number] for number in found]
    assert response.headers["x-total-rows"] == str(len(found))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("format=xlsx", "format: use csv, json or parquet."),
        ("from=2026-11-20", "from: give an instant like 2026-12-31T23:00:00Z."),
        ("q=", "q: send at least 1 characters."),
        ("tag=team", "tag: write it as name=value."),
        ("whose=bobs", "whose: use mine or all."),
        ("limit=5", "limit: nothing of that name is known here; leave it out."),
        ("format=csv&format=json", "Send each parameter only once."),
    ],
)
def test_a_query_that_will_not_do_is_refused_in_plain_words(signed_in, query, words):
    response = signed_in.get(f"{EXPORT}?{query}")
    assert (response.status_code, response.json()) == (422, {"detail": words})


def test_nobody_is_given_the_runs_of_another(client, signed_in, ledger, accounts, user):
    other = accounts.add(f"other{uuid4().hex[:8]}", PASSWORD, tier=user.tier, role=user.role)
    made(ledger, other)
    assert of_csv(signed_in.get(EXPORT).content) == []
    client.cookies.clear()
    assert client.get(EXPORT).status_code == 401


@dataclass
class Gate(ExportRows):
    """Runs without an end. Each piece is counted, and after the first all wait until they are let through."""

    made: int = 0

    def __post_init__(self) -> None:
        self.open, self.closed = Event(), Event()

    def pieces(self, filter: HistoryFilter, lines: Any, columns: Any) -> Iterator[Piece]:
        try:
            while True:
                self.made += 1
                yield Piece(LINE, 1, None)
                assert self.open.wait(10)
        finally:
            self.closed.set()


@pytest.fixture
def ann(served: Served) -> User:
    return add_user(served.lab)


@pytest.fixture
def gate(served: Served) -> Gate:
    """What the files of the served lab are made of."""
    return files_of(served, Gate())


def files_of(served: Served, rows: Any) -> Any:
    """Have the served lab make its files of `rows`."""
    database = served.lab.database
    install(replace(served.lab, exports=Exports(rows, HistoryStore(database), AuditStore(database))))
    return rows


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether it is so within some seconds."""
    deadline = time.monotonic() + 5
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def test_the_first_bytes_come_before_the_last_rows_are_read(served, ann, gate):
    with served.client(ann, Scope.READ) as client, client.stream("GET", "/llm/test/export") as response:
        bytes_read = response.iter_raw()
        assert next(bytes_read).startswith(b"created_at,model_id,")
        assert b"x" in next(bytes_read)
        assert gate.made == 1
        gate.open.set()
        assert eventually(lambda: gate.made > 5)


def test_a_slow_reader_is_waited_for_and_one_who_leaves_ends_the_work(served, ann, gate):
    gate.open.set()
    with served.client(ann) as client:
        with client.stream("GET", "/llm/test/export") as response:
            bytes_read = response.iter_raw()
            next(bytes_read)
            assert eventually(lambda: stands_still(gate))
            held = gate.made
            assert held < 200  # what the network holds, which is some megabytes
            while gate.made < 2 * held:
                next(bytes_read)
        assert gate.closed.wait(5)
        assert stands_still(gate)


def stands_still(gate: Gate) -> bool:
    before = gate.made
    time.sleep(0.2)
    return gate.made == before


def test_one_who_leaves_while_a_piece_is_made_ends_the_work_too(served, ann, gate):
    with served.client(ann) as client:
        with client.stream("GET", "/llm/test/export") as response:
            next(response.iter_raw())
        gate.open.set()
        assert gate.closed.wait(5)
        assert gate.made <= 2


def test_two_files_at_once_and_no_more(served, ann, gate):
    gate.open.set()
    with served.client(ann) as client:
        with client.stream("GET", "/llm/test/export"), client.stream("GET", "/llm/test/export"):
            refused = client.get("/llm/test/export")
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 0
            assert refused.json()["detail"] == {
                "error": "You are downloading 2 files already. Wait until one of them is done, or cancel it.",
                "limit": 2,
                "used": 2,
                "resets_at": None,
            }
            with served.client(add_user(served.lab, "bob")) as other:
                assert other.head("/llm/test/export").status_code == 200
        assert eventually(lambda: client.head("/llm/test/export").status_code == 200)


class Broken(ExportRows):
    """Runs of which only the first can be read."""

    def __init__(self) -> None:
        pass

    def pieces(self, filter: HistoryFilter, lines: Any, columns: Any) -> Iterator[Piece]:
        yield Piece(LINE, 1, None)
        raise StoreUnavailable("The database cannot be reached.")


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_what_breaks_off_is_not_taken_for_the_whole(served, ann, format):
    files_of(served, Broken())
    with served.client(ann) as client:
        for _ in range(3):  # and no place stays taken
            with pytest.raises(httpx.RemoteProtocolError):
                client.get("/llm/test/export", params={"format": format})


def test_who_takes_nothing_for_too_long_is_hung_up_on(served, ann, gate, monkeypatch):
    monkeypatch.setattr(downloads, "STALLED_S", 0.1)
    gate.open.set()
    with served.client(ann) as client, client.stream("GET", "/llm/test/export") as response:
        assert gate.closed.wait(5)
        with pytest.raises(httpx.RemoteProtocolError):
            response.read()


def test_while_the_database_is_away_it_is_said_so(served, ann, monkeypatch):
    def away(*_: object) -> int:
        raise StoreUnavailable("The database cannot be reached.")

    monkeypatch.setattr(HistoryStore, "count", away)
    with served.client(ann) as client:
        response = client.get("/llm/test/export")
    assert (response.status_code, response.json()) == (503, {"detail": "The database cannot be reached."})


def test_a_token_must_be_allowed_to_read(served, ann):
    with served.client(ann, Scope.RUN) as client:
        assert client.get("/llm/test/export").status_code == 403


def test_a_run_is_in_the_file_as_soon_as_it_has_ended(served, ann):
    run = start(served.lab, ann, "openai/sim/words?n=3")
    ended(run)
    with served.client(ann) as client:
        (told,) = client.get("/llm/test/export?format=json").json()
    assert (told["id"], told["status"]) == (str(run.admission.run_id), "completed")


def test_an_administrator_takes_everybodys_runs_or_one_persons(served, ann):
    boss = add_user(served.lab, "boss", role=Role.ADMIN)
    for user in (ann, boss):
        ended(start(served.lab, user, "openai/sim/words?n=3"))
    with served.client(boss) as client:
        everybodys = of_csv(client.get("/llm/test/export?whose=all").content)
        assert [run["person"] for run in everybodys] == ["boss", "ann"]
        anns = of_csv(client.get("/llm/test/export?person=ann").content)
        assert [run["person"] for run in anns] == ["ann"]
        assert len(of_csv(client.get("/llm/test/export").content)) == 1
        assert of_csv(client.get("/llm/test/export?whose=all&person=nobody").content) == []
    with served.client(ann) as client:
        for query in ("whose=all", "person=boss", "person=ann"):
            assert client.get(f"/llm/test/export?{query}").status_code == 403


def test_a_tag_restricts_the_file(served, ann):
    for tags in ({"team": "a=b"}, {"team": "c"}, {}):
        ended(served.lab.runs.start(ann, request("openai/sim/words?n=3"), RunOrigin.API, tags=tags))
    with served.client(ann) as client:
        (run,) = client.get("/llm/test/export", params={"format": "json", "tag": "team=a=b"}).json()
    assert run["tags"] == {"team": "a=b"}


def test_the_files_are_described_as_they_come(served):
    with served.anybody() as client:
        told = client.get("/openapi.json").json()["paths"][EXPORT]["get"]["responses"]["200"]
    assert set(told["content"]) == {media_type.partition(";")[0] for _, media_type, _ in FORMATS}
    assert told["content"]["application/vnd.apache.parquet"] == {}
    assert {"X-Total-Rows", "Content-Disposition"} == set(told["headers"])
    (run,) = of_csv(told["content"]["text/csv"]["examples"]["file"]["value"].encode())
    (same,) = told["content"]["application/json"]["examples"]["ExportedRuns 1"]["value"]
    assert list(run) == list(same) == [name for name in COLUMNS if name != "person"]
    assert (run["cost_usd"], json.loads(run["tags"])) == (same["cost_usd"], same["tags"])
