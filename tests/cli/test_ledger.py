"""What an operator types about the ledger: proving the rollups, making them anew, its months."""

import pytest
from sqlalchemy import text

from core.cli import main
from core.store.ledger import Ledger
from core.store.months import Months
from tests.fixtures.runs import add_user, admission, record


@pytest.fixture
def types(database_url, tmp_path, monkeypatch, capsys):
    """Type a command; returns its status and what it says."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LAB_TIMEZONE", "Asia/Kathmandu")

    def type_(*words):
        status = main(["ledger", *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return type_


def test_rollups_are_proved_and_made_anew(types, database):
    add_user(database)
    record(Ledger(database, instance_id=1), admission())
    assert types("rebuild") == (0, "Made 11 rollups for the days of Asia/Kathmandu. They are what the ledger says.\n")
    assert types("check") == (0, "The rollups are what the ledger says, to the last digit.\n")
    database.call(lambda connection: connection.execute(text("UPDATE rollups SET cost = cost + 1 WHERE grain = 'm'")))
    status, said = types("check")
    assert (status, said) == (1, "4 rollups are not what the ledger says. Make them anew with: ledger rebuild\n")
    types("rebuild")
    assert types("check")[0] == 0


def test_months_are_listed_and_one_that_has_passed_is_detached(types, database):
    months = Months(database)
    first = months.all()[0]
    assert types("months")[1].splitlines() == [f"{month:%Y-%m}" for month in months.all()]
    status, said = types("detach", f"{first:%Y-%m}")
    assert (status, said) == (1, "Only a month that has passed can be detached.\n")
    assert types("detach", "yesterday") == (1, "Write the month as 2025-01.\n")
    assert types("detach", "1999-01") == (1, "The ledger has no month 1999-01.\n")
