"""What an operator types about texts and people's data."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.cli import main
from core.store.ledger import Ledger
from tests.fixtures.dumps import found
from tests.fixtures.runs import add_user, admission, record

PLANTED = "a planted question"


@pytest.fixture
def types(database_url, tmp_path, monkeypatch, capsys):
    """Type a command; returns its status and what it says."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path))

    def type_(*words):
        status = main(["privacy", *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return type_


@pytest.fixture
def rosalind(database):
    """Somebody with a run of forty days ago."""
    started_at = datetime.now(UTC) - timedelta(days=40)
    record(Ledger(database, instance_id=1), admission(add_user(database, "rosalind"), PLANTED, started_at=started_at))


def test_retention_is_told_and_set(types):
    assert types("retention") == (0, "Texts are kept for 30 days.\n")
    assert types("retention", "90") == (0, "Texts are kept for 90 days.\n")
    assert types("retention", "0") == types("retention") == (0, "No texts are kept beyond the run.\n")
    assert types("retention", "99999")[0] == 1


def test_old_texts_are_cleared(types, database, rosalind):
    assert types("retention", "60") and types("purge")[1].startswith("Cleared 0 texts")
    types("retention", "30")
    status, said = types("purge")
    assert (status, said[:15], said[-14:]) == (0, "Cleared 2 texts", "None is left.\n")
    assert found(database, PLANTED) == []


def test_a_persons_data_is_written_for_its_owner_alone(types, rosalind, tmp_path):
    file = tmp_path / "data.json"
    assert types("export", "Rosalind", str(file))[0] == 0
    assert json.loads(file.read_text())["runs"][0]["messages"][0]["content"] == PLANTED
    assert file.stat().st_mode & 0o077 == 0
    assert types("export", "nobody", str(file)) == (1, "There is nobody of that name.\n")
    assert "cannot be written" in types("export", "rosalind", str(tmp_path / "none" / "data.json"))[1]


def test_a_person_is_erased_once_the_name_is_typed_twice(types, database, rosalind):
    assert types("erase", "rosalind", "--confirm", "rosalin")[0] == 1
    assert found(database, PLANTED)
    assert types("erase", "rosalind", "--confirm", "rosalind")[0] == 0
    assert found(database, PLANTED) == []
