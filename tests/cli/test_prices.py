"""Proving the costs of the ledger at the command line."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.cli import main
from core.store.ledger import Ledger
from tests.fixtures.runs import add_user, admission, record

LATE = datetime(2026, 10, 31, 20, tzinfo=UTC)
"""In November already in Kathmandu."""


@pytest.fixture
def types(database_url, tmp_path, monkeypatch, capsys):
    """Type a command; returns its status and what it says."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LAB_TIMEZONE", "Asia/Kathmandu")

    def type_(*words):
        status = main(["ledger", "recompute", *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return type_


def test_costs_follow_from_their_records_and_one_that_does_not_is_named(types, database):
    add_user(database)
    ledger = Ledger(database, instance_id=1)
    runs = [admission(), admission(started_at=LATE)]
    for run in runs:
        record(ledger, run)
    assert types() == (0, "2 costs follow from their records, to the last digit.\n")
    assert types("--month", "2026-10") == (0, "0 costs follow from their records, to the last digit.\n")
    assert types("--month", "2026-11") == (0, "2 costs follow from their records, to the last digit.\n")
    dearer = text("UPDATE llm_usage_logs SET cost = 1 WHERE id = :id")
    database.call(lambda connection: connection.execute(dearer, {"id": runs[1].run_id}))
    status, said = types()
    line, verdict = said.splitlines()
    assert status == 1 and verdict == "1 of 2 costs do not follow from their records."
    kept = "$1.00 (computed) is kept, $0.0000786 (computed) follows"
    assert line == f"{runs[1].run_id}  2026-10-31 20:00:00.000 UTC  openai/gpt-4o-mini  {kept}"


def test_what_others_wrote_is_counted_apart(types, database):
    written = (
        "INSERT INTO llm_usage_logs (id, user_id, model_name, created_at) VALUES (gen_random_uuid(), 'x', 'y', now())"
    )
    database.call(lambda connection: connection.execute(text(written)))
    status, said = types()
    assert (status, said.splitlines()[0][:28]) == (0, "1 of 1 runs hold no prices, ")


def test_what_is_no_month_is_explained(types):
    assert types("--month", "October") == (1, "Write the month as 2025-01.\n")
