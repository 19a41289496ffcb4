"""A run ends as it should, however its provider behaves and whoever stops it, and the ledger knows it exactly once."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.composition import open_lab
from core.domain.accounts import User
from core.domain.events import Identified, TextDelta
from core.domain.faults import FaultCode
from core.domain.pricing import CostSource, PriceSource, flat
from core.domain.queries import HistoryFilter
from core.domain.runs import RunOrigin, RunRecord, RunStatus
from core.engine import settlement
from core.engine.engine import applied_prices
from core.engine.live_run import LiveRun
from core.errors import StoreUnavailable, Unavailable
from core.lab import Lab
from core.providers.pricelist import prices_for
from core.settings import Settings
from tests.fixtures.lab import KEY, add_user, calls, ended, request, running_lab, start
from tests.fixtures.runs import NOW, admission, outcome
from tests.simulator import Simulator

SOON_S = 0.5


@pytest.fixture
def ann(lab: Lab) -> User:
    """The one person of the lab."""
    return add_user(lab)


def recorded(lab: Lab, user: User) -> RunRecord:
    """The one run that the ledger has."""
    (row,) = lab.history.page(user, HistoryFilter()).rows
    return lab.history.open(user, row.id)


def first_word(run) -> None:
    """Wait for the first word of `run`."""
    next(deltas for deltas in run.follow() if deltas)


def test_a_whole_answer_is_streamed_and_recorded(lab, ann):
    run = start(lab, ann, "openai/sim/words?n=50&cached=3&input=10")
    outcome = ended(run)
    record = recorded(lab, ann)
    assert outcome.status is record.status is RunStatus.COMPLETED
    assert len(record.response.split()) == 50
    assert (record.usage.input_tokens, record.usage.cached_tokens) == (10, 3)
    assert record.cost == outcome.cost
    assert record.messages == run.admission.request.messages
    assert record.latency_ms >= record.ttft_ms


def test_a_provider_that_bills_is_believed(lab, ann):
    outcome = ended(start(lab, ann, "openrouter/sim/words?cost=0.000669"))
    assert (outcome.cost.amount, outcome.cost.source) == (Decimal("0.000669"), CostSource.PROVIDER)
    assert recorded(lab, ann).generation_id


@pytest.mark.alone
@pytest.mark.parametrize(
    "model",
    ["openai/sim/words?n=5000&rate=100", "openai/sim/silent?after=3", "anthropic/sim/silent?after=3"],
)
def test_stop_closes_the_providers_socket_at_once_and_keeps_the_text(lab, ann, simulator, model):
    run = start(lab, ann, model)
    first_word(run)
    asked = time.monotonic()
    lab.runs.stop(ann, run.admission.run_id)
    outcome = ended(run, SOON_S)
    connection = calls(simulator)[-1].connection
    assert connection.wait_closed(SOON_S)
    assert connection.closed_by == "client"
    assert connection.closed_at - asked < SOON_S
    assert outcome.status is recorded(lab, ann).status is RunStatus.CANCELLED
    assert outcome.text
    assert outcome.cost.amount > 0


@pytest.mark.alone
def test_stop_before_the_first_byte(lab, ann, simulator):
    run = start(lab, ann, "openai/sim/silent?headers=0")
    while not calls(simulator):
        time.sleep(0.01)
    lab.runs.stop(ann, run.admission.run_id)
    assert ended(run, SOON_S).status is RunStatus.CANCELLED
    assert calls(simulator)[-1].connection.wait_closed(SOON_S)


@pytest.mark.alone
def test_a_run_stopped_before_it_began_is_settled_all_the_same(lab, ann):
    run = start(lab, ann, "openai/sim/words?n=5000&rate=10")
    lab.runs.stop(ann, run.admission.run_id)
    assert ended(run, SOON_S).status is RunStatus.CANCELLED
    assert recorded(lab, ann).status is RunStatus.CANCELLED


@pytest.mark.alone
@pytest.mark.parametrize("model", ["sim/silent", "sim/comments", "sim/drip", "sim/silent?headers=0"])
def test_the_deadline_ends_a_run_within_half_a_second(database_url, simulator, tmp_path, model):
    with running_lab(database_url, simulator, tmp_path, LAB_REQUEST_TIMEOUT_S=0.6) as lab:
        outcome = ended(start(lab, add_user(lab), f"openai/{model}"))
    assert (outcome.status, outcome.error_code) == (RunStatus.ERROR, FaultCode.TIMEOUT)
    assert 600 <= outcome.latency_ms < 1100


def test_a_provider_that_falls_silent_is_given_up(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path, LAB_STALL_TIMEOUT_S=0.4) as lab:
        outcome = ended(start(lab, add_user(lab), "openai/sim/silent?after=4"))
    assert outcome.error_code is FaultCode.STALLED
    assert len(outcome.text.split()) == 4


def test_a_page_that_is_gone_lets_its_run_end(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path, LAB_ABANDON_GRACE_S=0.4) as lab:
        outcome = ended(start(lab, add_user(lab), "openai/sim/words?n=5000&rate=20", RunOrigin.PLAYGROUND))
    assert (outcome.status, outcome.error_code) == (RunStatus.CANCELLED, FaultCode.ABANDONED)


def test_a_run_that_is_followed_goes_on_past_the_grace(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path, LAB_ABANDON_GRACE_S=0.4) as lab:
        run = start(lab, add_user(lab), "openai/sim/words?n=30&rate=30", RunOrigin.PLAYGROUND)
        for _ in run.follow():
            pass
        assert ended(run).status is RunStatus.COMPLETED


def test_a_slow_follower_holds_up_nobody(lab, ann):
    run = start(lab, ann, "openai/sim/words?n=200&rate=400")
    slow = run.follow()
    next(slow)
    ended(run, 2)
    rest = "".join(delta.text for deltas in slow for delta in deltas)
    assert run.outcome.text.endswith(rest)


async def test_what_comes_while_a_reader_is_busy_is_not_lost():
    run, heard = LiveRun(admission(), "OpenAI"), ""
    run.take([TextDelta("a")])
    async with asyncio.timeout(5):
        async for deltas in run.stream():
            heard += "".join(delta.text for delta in deltas)
            if heard == "abcd":
                run.end(outcome(run.admission))
            else:
                run.take([TextDelta("abcd"[len(heard)])])
    assert heard == "abcd"


def test_who_comes_late_sees_it_from_the_beginning(lab, ann):
    run = start(lab, ann, "openai/sim/words?n=40&rate=100")
    first_word(run)
    assert lab.runs.live(ann) == [run]
    again = lab.runs.open(ann, run.admission.run_id)
    text = "".join(delta.text for deltas in again.follow() for delta in deltas)
    assert text == ended(run).text
    assert lab.runs.live(ann) == []


async def test_a_route_is_told_at_once(database_url, simulator, tmp_path):
    variables = {"DATABASE_URL": database_url, "LAB_DATA_DIR": tmp_path, "LAB_LOCAL_MODEL": "off"}
    variables |= {"OPENAI_BASE_URL": simulator.base_url("openai"), "OPENAI_API_KEY": KEY}
    settings = Settings(_env_file=None, **variables)
    async with AsyncExitStack() as stack:
        lab = await open_lab(settings, stack)
        run = start(lab, add_user(lab), "openai/sim/words?n=20&rate=200")
        text = "".join([delta.text async for deltas in run.stream() for delta in deltas])
        assert text == run.outcome.text


def test_closing_the_lab_settles_what_goes_on(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path) as lab:
        ann = add_user(lab)
        run = start(lab, ann, "openai/sim/words?n=5000&rate=50")
        first_word(run)
    assert run.settled.is_set()
    assert run.outcome.status is RunStatus.CANCELLED
    with pytest.raises(Unavailable):
        start(lab, ann, "openai/sim/words")
    with running_lab(database_url, simulator, tmp_path) as lab:
        assert recorded(lab, ann).status is RunStatus.CANCELLED


def test_a_settlement_waits_on_disk_while_the_database_is_away(database_url, simulator, tmp_path, monkeypatch):
    monkeypatch.setattr(settlement, "REPLAY_EVERY_S", 0.2)
    with running_lab(database_url, simulator, tmp_path) as lab:
        ann = add_user(lab)
        run = start(lab, ann, "openai/sim/words?n=30&rate=60")
        with monkeypatch.context() as away:
            away.setattr(lab.database, "call", _away)
            outcome = ended(run)
            assert list((tmp_path / "spool").iterdir())
        assert outcome.status is RunStatus.COMPLETED
        deadline = time.monotonic() + 8
        while (record := recorded(lab, ann)).status is RunStatus.STARTED and time.monotonic() < deadline:
            time.sleep(0.05)
    assert record.cost == outcome.cost


def _away(*given, **limits):
    raise StoreUnavailable("The database is away.")


ERRORS = [f"error-{status}" for status in (400, 401, 402, 403, 404, 418, 429, 500)]
FAULTS = [
    *ERRORS,
    "json-error",
    "page",
    "error-after-text",
    "overloaded",
    "reset",
    "truncated",
    "garbage",
    "not-json?complete=0",
]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_a_key_that_a_provider_repeats_reaches_neither_screen_nor_log_nor_row(lab, ann, provider, caplog):
    for fault in FAULTS:
        outcome = ended(start(lab, ann, f"{provider}/sim/{fault}"))
        assert outcome.status is not RunStatus.COMPLETED
        assert KEY not in outcome.model_dump_json()
        assert "<" not in (outcome.error_message or "")
    tables = ("llm_usage_logs", "run_texts", "llm_models")
    for table in tables:
        rows = lab.database.call(lambda c, table=table: c.execute(text(f"select {table}::text from {table}")).scalars())
        assert not [row for row in rows if KEY in row]
    assert KEY not in caplog.text


def test_times_are_told_in_utc(lab, ann):
    before = datetime.now(UTC)
    ended(lab.runs.start(ann, request(), RunOrigin.API))
    assert before <= recorded(lab, ann).created_at <= datetime.now(UTC)


def test_simulator_is_what_the_lab_talks_to(lab, ann, simulator: Simulator):
    ended(start(lab, ann, "groq/sim/words"))
    assert calls(simulator)[-1].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(("tier", "share"), [(None, 1), ("default", 1), ("flex", Decimal("0.5")), ("unheard-of", 1)])
def test_the_service_tier_that_answered_decides_the_price(tier, share):
    listed = prices_for("openai", "o3", NOW)
    run = LiveRun(admission(model_id="openai/o3", prices=listed), "OpenAI")
    run.take([Identified(service_tier=tier)])
    assert applied_prices(run).output.base == listed.output.base * share


def test_an_administrators_price_holds_in_every_service_tier():
    own = flat("1", "2", PriceSource.ADMINISTRATOR)
    run = LiveRun(admission(model_id="openai/o3", prices=own), "OpenAI")
    run.take([Identified(service_tier="flex")])
    assert applied_prices(run) == own
