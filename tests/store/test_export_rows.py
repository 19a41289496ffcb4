"""Runs as text: every run once, newest first, in a piece after another, and each cell as it is recorded."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import insert

from core.domain.queries import HistoryFilter, Position
from core.domain.runs import RunStatus
from core.store import export_rows
from core.store.export_rows import BETWEEN, ExportRows, Lines
from core.store.tables import llm_usage_logs
from tests.fixtures.runs import NOW, add_user, admission, admit, record

ALL = HistoryFilter()
FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
fresh = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = some.text(some.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@pytest.fixture
def rows(database):
    return ExportRows(database)


def write(database, **columns):
    """Write a run as another program may, with these columns, and return its id."""
    row = {"id": uuid4(), "user_id": "elsewhere", "model_name": "gpt-4", "success": True, "metadata": {}} | columns
    database.call(lambda connection: connection.execute(insert(llm_usage_logs).values(row)))
    return str(row["id"])


def cleared(database):
    database.call(lambda connection: connection.exec_driver_sql("TRUNCATE llm_usage_logs CASCADE"))


def read(rows, lines, *columns, filter=ALL):
    """Every run as a list of its cells, None where a cell of CSV is empty and not quoted, or a member is null."""
    text = BETWEEN[lines].join(piece.text.decode() for piece in rows.pieces(filter, lines, columns))
    if lines is Lines.JSON:
        return [[run[name] for name in columns] for run in json.loads(f"[{text}]")]
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("lines", Lines)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_every_run_is_told_once_and_the_newest_first(database, rows, monkeypatch, lines, size):
    seconds = [0, 1, 1, 1, 2, 90 * 86400, 3]
    written = [(second, write(database, created_at=NOW + timedelta(seconds=second))) for second in seconds]
    monkeypatch.setattr(ExportRows.piece, "__kwdefaults__", {"size": size, "older_than": None})
    assert [id for (id,) in read(rows, lines, "id")] == [id for _, id in sorted(written, reverse=True)]
    counts = [piece.runs for piece in rows.pieces(ALL, lines, ["id"])]
    assert counts == [size] * (7 // size) + [7 % size] * (7 % size > 0)


def test_runs_that_come_meanwhile_neither_come_in_nor_push_one_out(database, rows):
    before = [write(database, created_at=NOW + timedelta(seconds=second)) for second in range(4)]
    first = rows.piece(ALL, Lines.JSON, ["id"], size=2)
    write(database, created_at=NOW + timedelta(seconds=9))
    second = rows.piece(ALL, Lines.JSON, ["id"], size=2, older_than=first.older)
    told = json.loads(f"[{first.text.decode()},{second.text.decode()}]")
    assert [run["id"] for run in told] == before[::-1]
    assert rows.piece(ALL, Lines.JSON, ["id"], older_than=second.older) == export_rows.Piece(b"", 0, None)


@given(prompt=some.none() | words, answered=words, code=some.none() | words)
@fresh
def test_texts_are_read_back_as_they_are(database, rows, prompt, answered, code):
    cleared(database)
    write(database, model_name=answered, metadata={"prompt": prompt}, error_code=code)
    columns = ("model_id", "prompt", "error_code")
    assert read(rows, Lines.JSON, *columns) == [[answered, prompt, code]]
    assert read(rows, Lines.EXACT_CSV, *columns) == [[answered, prompt or "", code or ""]]
    (safe,) = read(rows, Lines.SAFE_CSV, *columns)
    for cell, told in zip([answered, prompt or "", code or ""], safe, strict=True):
        assert told == (f"'{cell}" if cell.startswith(FORMULAS) else cell)
        assert not told.startswith(FORMULAS)


@given(
    cost=some.none() | some.decimals(min_value=0, allow_nan=False, allow_infinity=False, places=None),
    tokens=some.integers(0, 2**31 - 1),
    at=some.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31), timezones=some.just(UTC)),
)
@fresh
def test_figures_are_read_back_to_the_last_digit(database, rows, cost, tokens, at):
    cleared(database)
    write(database, cost=cost, input_tokens=tokens, output_tokens=tokens, created_at=at)
    for lines in Lines:
        ((amount, total, instant),) = read(rows, lines, "cost_usd", "total_tokens", "created_at")
        assert (Decimal(amount) if amount else None) == cost
        assert int(total) == 2 * tokens and datetime.fromisoformat(instant) == at
        assert not amount or "E" not in amount


def test_what_is_not_known_is_told_from_an_empty_text(database, rows):
    write(database, metadata={"prompt": ""}, error_code=None)
    assert rows.piece(ALL, Lines.EXACT_CSV, ["prompt", "error_code", "latency_ms"]).text == b'"",,'
    assert read(rows, Lines.JSON, "prompt", "error_code", "latency_ms") == [["", None, None]]


def test_tags_are_an_object_and_a_person_is_a_name(database, rows):
    add_user(database, "ann")
    write(database, created_at=NOW, user_id="ann", tags={"team": 'the "reds"'})
    write(database, created_at=NOW - timedelta(1), user_id="somebody who left")
    assert read(rows, Lines.JSON, "person", "tags") == [["ann", {"team": 'the "reds"'}], ["somebody who left", {}]]
    (first, _) = read(rows, Lines.SAFE_CSV, "person", "tags")
    assert json.loads(first[1]) == {"team": 'the "reds"'}


def test_filters_hold_and_runs_under_way_are_told_as_such(database, rows, ledger):
    going, ended = admission(), admission()
    admit(ledger, going)
    record(ledger, ended)
    write(database, created_at=NOW)
    mine = read(rows, Lines.JSON, "id", "status", "cost_usd", "latency_ms", filter=HistoryFilter(user_id="ann"))
    assert sorted(mine) == sorted(
        [[str(going.run_id), "started", None, None], [str(ended.run_id), "completed", "0.0000786", 1200]]
    )
    failed = HistoryFilter(user_id="ann", status=RunStatus.ERROR)
    assert read(rows, Lines.JSON, "id", filter=failed) == []
    assert [cell for (cell,) in read(rows, Lines.JSON, "id", filter=HistoryFilter(status=RunStatus.STARTED))] == [
        str(going.run_id)
    ]


def test_a_piece_far_back_is_found_without_sorting_what_comes_before(database):
    add_user(database)
    query = export_rows._written(HistoryFilter(user_id="ann"), Lines.JSON, ["id"], Position(NOW, uuid4())).limit(5)

    def plan(connection):
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        written = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {written}").scalars())

    told = database.call(plan)
    assert "Index" in told
    assert "m2026_12" not in told  # months after the place are not even looked at
