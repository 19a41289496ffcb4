"""Every recorded run is found again: by page in both directions, by filter, by id, whoever wrote it."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from core.domain.chat import ChatRequest, Message, Parameters
from core.domain.faults import FaultCode
from core.domain.periods import Period
from core.domain.pricing import FALLBACK, CostSource
from core.domain.queries import HistoryFilter, Position
from core.domain.runs import RunOrigin, RunStatus
from core.store.history import HistoryStore
from core.store.tables import llm_usage_logs
from tests.fixtures.runs import NOW, add_user, admission, admit, record

EVERYTHING = HistoryFilter()


@pytest.fixture
def history(database):
    return HistoryStore(database)


def write(database, **columns):
    """Write a run as another program does, with the contract's columns only."""
    row = {
        "id": uuid4(),
        "user_id": "elsewhere",
        "model_name": "gpt-4",
        "input_tokens": 3,
        "output_tokens": 4,
        "total_tokens": 7,
        "cost": Decimal("0.01"),
        "latency_ms": 5,
        "success": True,
        "metadata": {},
    } | columns
    database.call(lambda connection: connection.execute(insert(llm_usage_logs).values(row)))
    return row["id"]


def ids(page):
    return [row.id for row in page.rows]


def some(database, instants):
    """Write runs at the given seconds after `NOW`; returns their ids, newest first."""
    written = [(second, write(database, created_at=NOW + timedelta(seconds=second))) for second in instants]
    return [run_id for _, run_id in sorted(written, reverse=True)]


@given(instants=st.lists(st.integers(0, 4), max_size=12), size=st.integers(1, 5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_down_and_up_again_show_every_run_once_and_in_order(database, history, instants, size):
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs CASCADE"))
    expected = some(database, instants)
    down = [history.page(EVERYTHING, size=size)]
    while down[-1].older:
        down.append(history.page(EVERYTHING, size=size, older_than=down[-1].older))
    assert [run_id for page in down for run_id in ids(page)] == expected
    assert [page.newer is None for page in down] == [True] + [False] * (len(down) - 1)
    up = [down[-1]]
    while up[-1].newer:
        up.append(history.page(EVERYTHING, size=size, newer_than=up[-1].newer))
    assert [run_id for page in reversed(up) for run_id in ids(page)] == expected
    assert [row.id for row in history.rows(EVERYTHING)] == expected
    assert history.count(EVERYTHING) == len(expected)


def test_runs_that_come_meanwhile_do_not_move_the_older_pages(database, history):
    expected = some(database, range(4))
    first = history.page(EVERYTHING, size=2)
    some(database, [10, 11])
    second = history.page(EVERYTHING, size=2, older_than=first.older)
    assert ids(first) + ids(second) == expected
    assert ids(history.page(EVERYTHING, size=2, newer_than=second.newer)) == ids(first)


def test_a_page_beyond_the_end_is_empty_and_leads_back(database, history):
    some(database, range(3))
    page = history.page(EVERYTHING, size=2, older_than=Position(NOW - timedelta(days=1), UUID(int=0)))
    assert (page.rows, page.older) == ([], None)
    assert len(history.page(EVERYTHING, size=5, newer_than=page.newer).rows) == 3


def test_the_history_is_read_without_sorting_it(database):
    plan = "EXPLAIN SELECT id FROM llm_usage_logs WHERE user_id = 'ann' ORDER BY created_at DESC, id DESC LIMIT 20"

    def lines(connection):
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        return "\n".join(connection.exec_driver_sql(plan).scalars())

    each = database.call(lines).partition("Sort Key")[2].splitlines()[1:]
    assert each
    assert all("Index" in line for line in each)  # each month in its order: nothing is sorted, only merged


def test_filters_hold_each_and_together(database, history, ledger):
    add_user(database, "bob")
    wanted = admission(prompt="Name three rivers", model_id="groq/llama-3.1-8b-instant")
    record(ledger, wanted, status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    record(ledger, admission(prompt="Name three lakes"))
    record(ledger, admission("bob", prompt="Name three rivers", started_at=NOW + timedelta(days=1)))
    matching = {
        "user_id": "ann",
        "model_id": "groq/llama-3.1-8b-instant",
        "provider": "groq",
        "status": RunStatus.ERROR,
        "period": Period(NOW, NOW + timedelta(seconds=1)),
        "text": "RIVERS",
    }
    counts = {name: history.count(HistoryFilter(**{name: value})) for name, value in matching.items()}
    assert counts == {"user_id": 2, "model_id": 1, "provider": 1, "status": 1, "period": 2, "text": 2}
    assert ids(history.page(HistoryFilter(**matching), size=9)) == [wanted.run_id]
    assert history.count(HistoryFilter(**{**matching, "user_id": "bob"})) == 0


def test_runs_under_way_are_shown_too(history, ledger):
    run = admission()
    admit(ledger, run)
    [row] = history.page(HistoryFilter(status=RunStatus.STARTED), size=9).rows
    assert (row.id, row.latency_ms, row.cost.amount) == (run.run_id, None, None)
    assert history.find(run.run_id).response is None


@pytest.mark.parametrize("text", ["100%", "under_score", "back\\slash", "Ärger", "quo'te", "\x00100%"])
def test_searched_text_means_itself(history, ledger, text):
    record(ledger, admission(prompt=f"before {text} after"))
    record(ledger, admission(prompt="before 1000 underscore backslash after"))
    assert len(history.page(HistoryFilter(text=text.upper()), size=9).rows) == 1


def test_text_far_into_a_prompt_is_found_while_it_is_kept(history, ledger):
    messages = [Message(role="user", content="x" * 900 + " needle"), Message(role="assistant", content="haystack")]
    request = ChatRequest(model_id="openai/gpt-4o-mini", messages=tuple(messages))
    record(ledger, admission(request=request))
    assert history.count(HistoryFilter(text="Needle")) == 1
    assert history.count(HistoryFilter(text="haystack")) == 0
    ledger.clear_texts(before=NOW + timedelta(days=1))
    assert history.count(HistoryFilter(text="needle")) == 0


def test_a_run_written_by_others_is_readable(database, history):
    written = write(database, metadata={"prompt": "p", "response": "r", "parameters": {"temperature": 9}})
    found = history.find(written)
    assert (found.prompt, found.response, found.messages) == ("p", "r", None)
    assert (found.status, found.origin, found.prices) == (RunStatus.COMPLETED, RunOrigin.API, FALLBACK)
    assert (found.cost.amount, found.cost.source) == (Decimal("0.01"), CostSource.ESTIMATED)
    assert (found.parameters, found.total_tokens) == (Parameters(), 7)


def test_others_say_with_success_that_a_run_failed(database, history):
    written = write(database, success=False, cost=None)
    [row] = history.page(HistoryFilter(status=RunStatus.ERROR), size=9).rows
    assert (row.id, row.cost.source) == (written, CostSource.UNKNOWN)


def test_a_run_that_does_not_exist_is_not_found(history):
    assert history.find(uuid4()) is None
