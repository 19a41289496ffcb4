"""Exported runs: files that say what the ledger says, to the last digit, to nobody but their owner."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import insert, select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.periods import Period
from core.domain.pricing import UNKNOWN, Cost, CostSource
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.errors import Forbidden, LimitReached, StoreUnavailable
from core.services.export_formats import COLUMNS, Format, csv_file, json_file, parquet_file
from core.services.exports import AT_ONCE, Exports
from core.store import export_rows
from core.store.audit import AuditStore
from core.store.export_rows import ExportRows
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.tables import audit_log, llm_usage_logs
from tests.fixtures.runs import NOW, add_user, admission, record

ANN = User("ann", "ann", Tier.ENTERPRISE, Role.OPS)
BOB = User("bob", "bob", Tier.ENTERPRISE, Role.ADMIN)
ALL = HistoryFilter()
MANY_DIGITS = ("0.000000000000000123456789012345678", "12345678901234567890.123456789", "1E-18", "0.000000345000")


@pytest.fixture
def exports(database):
    return Exports(ExportRows(database), HistoryStore(database), AuditStore(database), lambda: NOW + timedelta(days=1))


@pytest.fixture
def ledger(database):
    add_user(database, ANN.id)
    add_user(database, BOB.id)
    return Ledger(database, instance_id=1)


def parsed(format: Format, file: bytes) -> list[dict]:
    """What a file says, as whoever gets it reads it."""
    match format:
        case Format.CSV:
            return list(csv.DictReader(io.StringIO(file.decode(), newline=""), strict=True))
        case Format.JSON:
            return json.loads(file)
        case Format.PARQUET:
            return pyarrow.parquet.read_table(io.BytesIO(file)).to_pylist()


def exported(exports, format, filter=ALL, user=ANN, **asked):
    """The runs of a file, which are as many as were told beforehand."""
    export = exports.open(user, filter, format, **asked)
    runs = parsed(format, b"".join(export.pieces))
    assert len(runs) == export.runs
    return runs


@pytest.mark.parametrize("format", Format)
def test_a_file_has_every_column_of_the_own_runs_and_nobody_elses(exports, ledger, format):
    mine = record(ledger, admission(ANN.id, "One,\n“two”"))
    record(ledger, admission(BOB.id))
    for asked in (ALL, HistoryFilter(user_id="bob"), HistoryFilter(user_id="")):
        (run,) = exported(exports, format, asked)
        assert list(run) == [name for name in COLUMNS if name != "person"]
        assert (run["id"], run["prompt"]) == (str(mine.run_id), "One,\n“two”")
        assert (int(run["input_tokens"]), int(run["total_tokens"]), int(run["cached_tokens"])) == (44, 164, 0)


def noted(database):
    notes = select(audit_log.c.actor, audit_log.c.act, audit_log.c.subject, audit_log.c.details)
    return [tuple(note) for note in database.call(lambda connection: connection.execute(notes).all())]


@pytest.mark.parametrize("format", Format)
def test_administrators_take_everybodys_runs_with_their_names_and_it_is_noted(exports, ledger, database, format):
    record(ledger, admission(ANN.id, started_at=NOW - timedelta(1)))
    record(ledger, admission(BOB.id))
    assert [run["person"] for run in exported(exports, format, user=BOB, everybody=True)] == ["bob", "ann"]
    (anns,) = exported(exports, format, HistoryFilter(user_id="ann"), BOB, everybody=True)
    assert list(anns) == list(COLUMNS)
    assert noted(database) == [
        ("bob", "export runs", "everybody", {"format": format, "filter": {}}),
        ("bob", "export runs", "ann", {"format": format, "filter": {"user_id": "ann"}}),
    ]


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_nobody_else_does(exports, ledger, database, role):
    user = replace(ANN, role=role)
    for asked in (exports.preview, partial(exports.open, format=Format.CSV)):
        with pytest.raises(Forbidden, match="Only administrators"):
            asked(user, filter=HistoryFilter(user_id="bob"), everybody=True)
    assert noted(database) == []


def test_without_the_note_there_is_no_file(exports, monkeypatch):
    def away(*_, **__):
        raise StoreUnavailable("The database cannot be reached.")

    monkeypatch.setattr(AuditStore, "note", away)
    assert exports.preview(BOB, ALL, everybody=True).runs == 0
    with pytest.raises(StoreUnavailable):
        exports.open(BOB, ALL, Format.CSV, everybody=True)


@pytest.mark.parametrize("format", Format)
def test_without_a_run_there_is_still_a_file(exports, format):
    assert exported(exports, format) == []


@pytest.mark.parametrize("format", Format)
def test_money_and_instants_are_exact_in_every_format(exports, ledger, format):
    for number, digits in enumerate(MANY_DIGITS):
        cost = Cost(amount=Decimal(digits), source=CostSource.PROVIDER)
        record(ledger, admission(ANN.id, started_at=NOW - timedelta(seconds=number, microseconds=7)), cost=cost)
    record(ledger, admission(ANN.id, started_at=NOW - timedelta(days=9)), cost=UNKNOWN, status=RunStatus.UNKNOWN)
    *known, unknown = exported(exports, format)
    assert [run["cost_usd"] for run in known] == [f"{Decimal(digits):f}" for digits in MANY_DIGITS]
    instants = [run["created_at"] for run in known]
    if format is not Format.PARQUET:
        instants = [datetime.fromisoformat(instant) for instant in instants]
    assert instants[0] == NOW - timedelta(microseconds=7) and instants[0].utcoffset() == timedelta(0)
    assert (unknown["cost_usd"] or None, unknown["cost_source"], unknown["status"]) == (None, "unknown", "unknown")


@pytest.mark.parametrize("format", Format)
def test_a_file_of_many_pieces_is_one_file(exports, ledger, monkeypatch, format):
    runs = [record(ledger, admission(ANN.id, started_at=NOW + timedelta(seconds=number))) for number in range(5)]
    monkeypatch.setattr(ExportRows.piece, "__kwdefaults__", {"size": 2, "older_than": None})
    assert [run["id"] for run in exported(exports, format)] == [str(run.run_id) for run in reversed(runs)]


@pytest.mark.parametrize(("format", "shown"), [("csv", "'{}"), ("json", "{}"), ("parquet", "{}")])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_only_a_spreadsheet_is_kept_from_formulas(exports, ledger, format, shown, start):
    formula = f'{start}HYPERLINK("http://elsewhere")'
    record(ledger, admission(ANN.id, formula))
    (run,) = exported(exports, Format(format))
    assert run["prompt"] == shown.format(formula)


def test_a_missing_text_is_told_from_an_empty_one(exports, database):
    add_user(database)
    row = {"id": uuid4(), "user_id": "ann", "model_name": "gpt-4", "success": True, "created_at": NOW}
    for metadata in ({"prompt": ""}, {}):
        values = row | {"id": uuid4(), "metadata": metadata, "created_at": row["created_at"]}
        database.call(lambda connection, values=values: connection.execute(insert(llm_usage_logs).values(values)))
    for format in (Format.JSON, Format.PARQUET):
        assert {run["prompt"] for run in exported(exports, format)} == {"", None}


def test_filters_hold_and_what_begins_later_is_left_out(exports, ledger):
    tides, stars = record(ledger, admission(ANN.id, "tides")), record(ledger, admission(ANN.id, "stars"))
    record(ledger, admission(ANN.id, "later", started_at=NOW + timedelta(days=2)))
    assert [run["id"] for run in exported(exports, Format.CSV, HistoryFilter(text="TIDES"))] == [str(tides.run_id)]
    ids = {str(tides.run_id), str(stars.run_id)}
    for period in (None, Period(NOW, NOW + timedelta(days=9))):
        assert {run["id"] for run in exported(exports, Format.CSV, HistoryFilter(period=period))} == ids
    assert exported(exports, Format.CSV, HistoryFilter(period=Period(NOW + timedelta(1), NOW + timedelta(9)))) == []


def test_what_is_foreseen_is_what_comes(exports, ledger):
    for number in range(20):
        record(ledger, admission(ANN.id, started_at=NOW + timedelta(seconds=number)))
    foreseen = exports.preview(ANN, ALL)
    assert foreseen.runs == 20
    for format in Format:
        assert foreseen.sizes[format] == len(b"".join(exports.open(ANN, ALL, format).pieces))


def test_a_large_file_is_reckoned_from_a_part_of_it(exports, ledger, monkeypatch):
    for number in range(20):
        record(ledger, admission(ANN.id, started_at=NOW + timedelta(seconds=number)))
    whole = exports.preview(ANN, ALL)
    monkeypatch.setattr("core.services.exports.SAMPLED", 5)
    part = exports.preview(ANN, ALL)
    assert part.runs == 20
    assert part.sizes[Format.JSON] == pytest.approx(whole.sizes[Format.JSON], rel=0.05)
    assert exports.preview(BOB, ALL).runs == 0


def test_nobody_takes_more_than_two_files_at_once(exports):
    with exports.place(ANN), exports.place(ANN):
        with pytest.raises(LimitReached, match="2 files already") as refused, exports.place(ANN):
            pass
        assert (refused.value.limit, refused.value.used) == (AT_ONCE, AT_ONCE)
        with exports.place(BOB):
            pass
    with pytest.raises(RuntimeError), exports.place(ANN):
        raise RuntimeError
    with exports.place(ANN), exports.place(ANN):
        pass


quoted = some.text(some.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
pieces = some.lists(some.lists(some.tuples(quoted, some.integers(0, 2**40)), min_size=1, max_size=4), max_size=4)


@given(told=pieces)
@settings(max_examples=50)
def test_whatever_the_pieces_hold_is_in_the_file(told):
    names = ("prompt", "total_tokens")
    runs = [{"prompt": text, "total_tokens": number} for piece in told for text, number in piece]
    lines = ["\r\n".join('"{}",{}'.format(text.replace('"', '""'), number) for text, number in piece) for piece in told]
    as_csv = parsed(Format.CSV, b"".join(csv_file(map(str.encode, lines), names)))
    assert [{**run, "total_tokens": int(run["total_tokens"])} for run in as_csv] == runs
    assert parsed(Format.PARQUET, b"".join(parquet_file(map(str.encode, lines), names))) == runs
    objects = [",\n".join(json.dumps(dict(zip(names, run, strict=True))) for run in piece) for piece in told]
    assert parsed(Format.JSON, b"".join(json_file(map(str.encode, objects), names))) == runs


def test_no_text_is_too_long_for_parquet():
    text = "long, " * 1_000_000
    (run,) = parsed(Format.PARQUET, b"".join(parquet_file([f'"{text}"'.encode()], ["prompt"])))
    assert run["prompt"] == text


@pytest.mark.parametrize("file", [csv_file, json_file, parquet_file])
def test_a_file_begins_before_its_end_is_known(file):
    line = b'{"model_id": "m"}' if file is json_file else b'"m"'

    def endless():
        while True:
            yield line

    begun = file(endless(), ["model_id"])
    assert all(next(begun) for _ in range(5))


def test_the_columns_are_those_that_the_database_writes():
    assert list(COLUMNS) == list(export_rows._COLUMNS)
