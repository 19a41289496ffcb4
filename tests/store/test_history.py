"""Every recorded run is found again: by page in both directions, by filter, by id, whoever wrote it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, Executable, insert, select, update
from sqlalchemy.ext.compiler import compiles

from core.domain.chat import ChatRequest, Message, Parameters
from core.domain.faults import FaultCode
from core.domain.periods import Period
from core.domain.pricing import FALLBACK, CostSource
from core.domain.queries import HistoryFilter, Position
from core.domain.runs import RunOrigin, RunStatus
from core.store import words as by_words
from core.store.history import HistoryStore, _newer, _older, conditions
from core.store.months import Months
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


def tag(database, run_id, **tags):
    change = update(llm_usage_logs).where(llm_usage_logs.c.id == run_id).values(tags=tags)
    database.call(lambda connection: connection.execute(change))


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


class Explained(Executable, ClauseElement):
    """A query, asked for its plan."""

    inherit_cache = False

    def __init__(self, query):
        self.query = query


@compiles(Explained)
def explained(element, compiler, **options):
    return f"EXPLAIN {compiler.process(element.query, **options)}"


def plan(database, asked, *beyond):
    """How PostgreSQL would find the newest runs, if it cannot read whole tables."""
    found = select(llm_usage_logs.c.id).where(*conditions(asked), *beyond)
    ordered = found.order_by(llm_usage_logs.c.created_at.desc(), llm_usage_logs.c.id.desc()).limit(20)

    def lines(connection):
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [line for (line,) in connection.execute(Explained(ordered))]

    return database.call(lines)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (EVERYTHING, "created_at_id_idx"),
        (HistoryFilter(user_id="ann"), "user_id_created_at_id_idx"),
        (HistoryFilter(model_id="openai/gpt-4o"), "model_name_created_at_id_idx"),
        (HistoryFilter(status=RunStatus.ERROR), "_status_created_at_id_idx"),
        (HistoryFilter(status=RunStatus.CANCELLED), "_status_created_at_id_idx"),
    ],
    ids=str,
)
def test_the_history_is_read_without_sorting_it(database, asked, index):
    lines = plan(database, asked)
    scans = [line for line in lines if "Scan" in line]
    assert not any("Sort  " in line for line in lines)  # each month in its order: nothing is sorted, only merged
    assert scans
    assert all(index in line for line in scans)


def test_a_tag_is_looked_for_in_its_index(database):
    lines = plan(database, HistoryFilter(tag=("team", "red")))
    assert all("tags_idx" in line for line in lines if "Bitmap Index Scan" in line)
    assert any("Bitmap Index Scan" in line for line in lines)


def test_pages_leave_out_the_months_beyond_them(database, history):
    december = datetime(2026, 12, 1, tzinfo=UTC)
    Months(database, now=lambda: december).make_ahead()
    lines = plan(database, EVERYTHING, *_older(Position(NOW, UUID(int=0))))
    assert not any("m2026_12" in line for line in lines)
    lines = plan(database, EVERYTHING, *_newer(Position(december, UUID(int=0))))
    assert not any("m2026_11" in line for line in lines)


def test_filters_hold_each_and_together(database, history, ledger):
    add_user(database, "bob")
    wanted = admission(prompt="Name three rivers", model_id="groq/llama-3.1-8b-instant")
    record(ledger, wanted, status=RunStatus.ERROR, error_code=FaultCode.TIMEOUT)
    tag(database, wanted.run_id, team="red", ticket="4711")
    tag(database, record(ledger, admission(prompt="Name three lakes")).run_id, team="blue")
    record(ledger, admission("bob", prompt="Name three rivers", started_at=NOW + timedelta(days=1)))
    matching = {
        "user_id": "ann",
        "model_id": "groq/llama-3.1-8b-instant",
        "provider": "groq",
        "status": RunStatus.ERROR,
        "error_code": FaultCode.TIMEOUT,
        "tag": ("team", "red"),
        "period": Period(NOW, NOW + timedelta(seconds=1)),
        "text": "RIVERS",
    }
    counts = {name: history.count(HistoryFilter(**{name: value})) for name, value in matching.items()}
    more = {"user_id": 2, "period": 2, "text": 2}
    assert counts == dict.fromkeys(matching, 1) | more
    assert ids(history.page(HistoryFilter(**matching), size=9)) == [wanted.run_id]
    assert history.count(HistoryFilter(**{**matching, "user_id": "bob"})) == 0


def test_runs_under_way_are_shown_too(history, ledger):
    run = admission()
    admit(ledger, run)
    [row] = history.page(HistoryFilter(status=RunStatus.STARTED), size=9).rows
    assert (row.id, row.latency_ms, row.cost.amount) == (run.run_id, None, None)
    assert history.find(run.run_id).response is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("scattering", True),
        ("SCATT", True),
        ("light scat", True),
        ("catter", False),
        ("scattering waves", False),
        ("'scattering'", True),
        ("scattering | waves", False),
        ("!waves scattering", False),
        ("scattering:*", True),
        ("<scattering>&quot", False),
        ("<scattering>", True),
        ("(Ärger\\", True),
        ("ÄRG", True),
        ("quo'te", True),
        ("100%", True),
        ("under_score", True),
        ("\x00light", True),
        ("' \\ :* & | ! ( ) <-> \x00", False),
        ("", False),
    ],
)
def test_every_word_of_a_search_stands_in_the_prompt_or_begins_a_word_there(history, ledger, text, found):
    record(ledger, admission(prompt="Light, scattering! (Ärger) quo'te 100% under_score"))
    record(ledger, admission(prompt="nothing of the kind"))
    asked = HistoryFilter(text=text)
    assert (len(history.page(asked, size=9).rows), history.count(asked)) == (found, found)
    assert asked.wordless is not any(map(str.isalnum, text))


def plain(prompts, words):
    """The search as one would write it without an index: the numbers of the prompts that it finds, last first."""
    found = [n for n, said in enumerate(prompts) if all(any(s.startswith(w) for s in said.split()) for w in words)]
    return found[::-1]


WORDS = st.sampled_from(["tide", "tides", "star", "starlight", "moon", "a"])


@pytest.mark.parametrize("bounds", [(1000, 10, 10_000), (2, 1, 10_000), (1, 9, 10_000), (1, 9, 1)], ids=str)
@given(prompts=st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=9), words=st.lists(WORDS, min_size=1))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_search_finds_the_same_whichever_way_it_goes(database, history, ledger, monkeypatch, bounds, prompts, words):
    for name, value in zip(("LOOKED_AT", "FREQUENT", "RARE"), bounds, strict=True):
        monkeypatch.setattr(by_words, name, value)
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs CASCADE"))
    said = [" ".join(prompt) for prompt in prompts]
    runs = [record(ledger, admission(prompt=one, started_at=NOW + timedelta(n))) for n, one in enumerate(said)]
    wanted = [runs[number].run_id for number in plain(said, words)]
    asked = HistoryFilter(text=" ".join(words), user_id="ann")
    pages = [history.page(asked, size=2)]
    while pages[-1].older:
        pages.append(history.page(asked, size=2, older_than=pages[-1].older))
    assert [run_id for page in pages for run_id in ids(page)] == wanted
    assert history.count(asked) == len(wanted)
    assert [page.newer is None for page in pages] == [True] + [False] * (len(pages) - 1)


def test_a_search_tells_since_when_texts_are_kept(history, ledger):
    asked = HistoryFilter(text="sky")
    assert history.page(asked, size=9).texts_since is None
    record(ledger, admission())
    record(ledger, admission(started_at=NOW + timedelta(1)))
    assert history.page(asked, size=9).texts_since == NOW
    assert history.page(EVERYTHING, size=9).texts_since is None


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
