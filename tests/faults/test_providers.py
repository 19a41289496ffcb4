"""Faults 1–14 through the whole lab, over HTTP: one record with a final status, the text so far, one plain sentence,
and nothing of the provider's key or markup anywhere."""

import json
import logging
import re
import socket
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.domain.accounts import User
from core.domain.pricing import CostSource
from core.domain.queries import HistoryFilter
from core.domain.runs import RunRecord, RunStatus
from tests.fixtures.database import copied
from tests.fixtures.http import Served, served_lab
from tests.fixtures.lab import KEY, add_user, calls
from tests.fixtures.runs import running
from tests.providers.certificates import Authority
from tests.simulator import Simulator

FIVE = "the quick brown fox jumps "
TWENTY = "the quick brown fox jumps over the lazy dog while seven wise owls watch from an old oak. tree the "
LATER = "Fri,+01+Mar+2999+12:00:30+GMT"
HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:alert(3)) ![b](http://elsewhere/?q=1)
größer \u2028 \u2029 \x85 \u200b \u202eevil\u202c 😀 end"""
MARKUP = re.compile(r"[<>{}]|\]\(|https?:|Traceback|Error\b")
STALL_S, DEADLINE_S = 0.5, 1.0
LONGEST = 6_000_000


@dataclass(frozen=True)
class Case:
    """What a simulated provider is told to do, and what is to come of it. `calls` counts the requests sent to it."""

    row: int
    behaviour: str
    status: RunStatus = RunStatus.ERROR
    code: str | None = None
    text: str | None = ""
    says: str = ""
    calls: int = 1
    notices: int = 0
    estimated: bool = False
    prompt: str = "Why is the sky blue?"

    def __str__(self) -> str:
        return f"{self.row}-{self.behaviour}"


def completed(row: int, behaviour: str, text: str | None = TWENTY, **others: Any) -> Case:
    return Case(row, behaviour, RunStatus.COMPLETED, text=text, **others)


CASES = [
    Case(1, "reset", code="network", text=FIVE, says="broke off"),
    Case(1, "half-chunk", code="network", text=FIVE, says="broke off"),
    Case(2, "truncated", RunStatus.INCOMPLETE, "truncated", FIVE, says="before the answer was complete"),
    completed(3, "words?size=1&eol=crlf"),
    completed(4, "words?eol=cr&bom=1&noise=1&space=0&lines=1"),
    completed(5, "bad-utf8", "caf\ufffd ", notices=1),
    completed(5, "not-json", FIVE, notices=1),
    Case(5, "not-json?complete=0", code="protocol", text=FIVE, says="not a valid stream", notices=1),
    Case(6, "big-event?mb=8", code="too_large", text=FIVE, says="more than the lab accepts"),
    Case(6, "endless", code="too_large", text=None, says="more than the lab accepts"),
    Case(6, "gzip-bomb", code="too_large", says="more than the lab accepts"),
    completed(7, "words?usage=0", estimated=True),
    Case(8, "json-error", code="provider", says="“The engine stopped for key [key] x”"),
    Case(8, "error-after-text", code="provider", text=FIVE, says="“The engine stopped for key [key] x”"),
    Case(8, "overloaded?after=5", code="overloaded", text=FIVE, says="is overloaded"),
    Case(8, "page", code="protocol", says="not a valid stream"),
    Case(9, "error-429?retry_after=7", code="rate_limited", says="wait 7 seconds"),
    Case(9, f"error-429?retry_after={LATER}", code="rate_limited", says="wait 3600 seconds"),
    Case(9, "error-429?retry_after=9e99", code="rate_limited", says="wait 3600 seconds"),
    completed(10, "error-503?times=1", calls=2),
    *(Case(10, f"error-{status}", code="overloaded", says="is overloaded", calls=2) for status in (502, 503, 529)),
    Case(11, "error-400", code="invalid_request", says="did not accept the request"),
    Case(11, "error-401", code="bad_key", says="An administrator needs to check it"),
    Case(11, "error-402", code="no_credit", says="no credit left"),
    Case(11, "error-403", code="refused", says="refused this request"),
    Case(11, "error-404", code="unknown_model", says="does not know this model"),
    Case(13, "redirect", code="redirected", says="sent us to another address"),
    completed(14, "echo", HOSTILE, prompt=HOSTILE),
    completed(14, "big-event?mb=2&pieces=2", FIVE + "x" * (4 << 20)),
]
"""A text of None is one too long to be written here."""

IMPATIENT = [
    Case(12, "silent?after=5", code="stalled", text=FIVE, says="went silent"),
    Case(12, "comments?after=5", code="stalled", text=FIVE, says="went silent"),
    Case(12, "drip", code="timeout", says="took longer than its time limit"),
    Case(12, "words?n=9999&rate=50", code="timeout", text=None, says="took longer than its time limit"),
]


@pytest.fixture(scope="module")
def impatient(postgres_url, migrated_template, simulator, tmp_path_factory):
    """A lab that waits less long than people do."""
    limits = {"LAB_STALL_TIMEOUT_S": STALL_S, "LAB_REQUEST_TIMEOUT_S": DEADLINE_S}
    with (
        copied(postgres_url, migrated_template) as url,
        served_lab(url, simulator, tmp_path_factory.mktemp("impatient"), **limits) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def misled(postgres_url, migrated_template, simulator, tmp_path_factory):
    """A lab whose providers are not where they are said to be."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    with (
        socket.socket() as deaf,
        Simulator(tls=authority.server("localhost", days=-1)) as expired,
        Simulator(tls=authority.server("somebody-else.example")) as anothers,
        pytest.MonkeyPatch.context() as patch,
        copied(postgres_url, migrated_template) as url,
    ):
        deaf.bind(("127.0.0.1", 0))
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        addresses = {
            "OPENROUTER_BASE_URL": "http://no-such-host.invalid/v1",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}/v1",
            "GROQ_BASE_URL": expired.base_url("groq"),
            "TOGETHER_BASE_URL": anothers.base_url("together"),
        }
        with served_lab(url, simulator, tmp_path_factory.mktemp("misled"), **addresses) as served:
            yield served


def told_by(served: Served, user: User, model: str, prompt: str) -> tuple[str, dict[str, Any]]:
    """Run `model` and return the text that came and the verdict."""
    body = {"model_id": model, "messages": [{"role": "user", "content": prompt}]}
    with served.client(user) as client, client.stream("POST", "/llm/test", json=body) as answer:
        assert answer.status_code == 200
        content = answer.read().decode()
    assert KEY not in content
    lines = [line[6:] for line in content.split("\n") if line.startswith("data: ")]
    *pieces, verdict = [json.loads(line, parse_float=Decimal) for line in lines]
    return "".join(piece["content"] for piece in pieces), verdict


def on_record(served: Served, user: User, run_id: str) -> RunRecord:
    """The one run that the user has; the end of a stream may be heard a moment before the ledger knows."""
    run = served.lab.engine.find(UUID(run_id))
    assert run
    assert run.settled.wait(5)
    (row,) = served.lab.history.page(user, HistoryFilter()).rows
    assert str(row.id) == run_id
    assert running(served.lab.database, user.id) == 0
    return served.lab.history.open(user, row.id)


def rows_of(served: Served, user: User) -> str:
    """All that the database holds of the user's runs."""
    kept = text(
        "SELECT r::text || t::text FROM llm_usage_logs r JOIN run_texts t ON t.run_id = r.id WHERE user_id = :u"
    )
    return served.lab.database.call(lambda connection: connection.execute(kept, {"u": user.id}).scalar_one())


def survives(served: Served, model: str, case: Case, log: pytest.LogCaptureFixture) -> RunRecord:
    """Run `model`, and hold against `case` and every general promise what is told and what is kept."""
    log.set_level(logging.INFO)
    user = add_user(served.lab, uuid4().hex)
    heard, verdict = told_by(served, user, model, case.prompt)
    record = on_record(served, user, verdict["run_id"])
    assert (record.status, record.error_code) == (case.status, case.code)
    assert verdict.get("code") == case.code
    assert record.response == heard
    assert case.text in (heard, None)
    assert heard or not case.text
    assert len(record.notices) == case.notices
    assert (record.error_message or "") == verdict.get("error", "")
    if record.error_message:
        assert case.says in record.error_message
        assert record.error_message.endswith(".")
        assert not MARKUP.search(record.error_message)
    assert record.usage_reported or record.cost.source is CostSource.ESTIMATED
    assert record.usage_reported is not case.estimated or record.status is not RunStatus.COMPLETED
    assert len(heard) < LONGEST
    assert (record.cost.amount, record.cost.source) == (verdict["cost"], verdict["cost_source"])
    assert KEY not in rows_of(served, user)
    assert KEY not in log.text
    assert "Traceback" not in log.text
    return record


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("provider", ["openrouter", "anthropic"])
def test_a_providers_fault_leaves_one_record_its_text_and_a_plain_sentence(served, simulator, caplog, provider, case):
    survives(served, f"{provider}/sim/{case.behaviour}", case, caplog)
    assert len(calls(simulator)) == case.calls


@pytest.mark.alone
@pytest.mark.parametrize("case", IMPATIENT, ids=str)
def test_silence_and_drips_are_ended_in_time(impatient, simulator, caplog, case):
    simulator.clear()
    record = survives(impatient, f"openai/sim/{case.behaviour}", case, caplog)
    limit_s = STALL_S if case.code == "stalled" else DEADLINE_S
    assert limit_s * 1000 <= record.latency_ms < (limit_s + 0.5) * 1000
    connection = calls(simulator)[-1].connection
    assert connection.wait_closed()
    assert connection.closed_by == "client"


@pytest.mark.parametrize(
    ("provider", "code", "says"),
    [
        ("openrouter", "name_not_resolved", "could not be found"),
        ("openai", "connection_refused", "cannot be reached"),
        ("groq", "tls", "could not be trusted"),
        ("together", "tls", "could not be trusted"),
    ],
)
def test_an_address_that_leads_nowhere_has_its_code(misled, caplog, provider, code, says):
    record = survives(misled, f"{provider}/sim/words", Case(13, "words", code=code, says=says), caplog)
    assert record.cost.amount == 0
