"""An operator writes the report of a month to a file, also from cron."""

from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from core.cli import main
from core.domain.pricing import Cost, CostSource
from core.store.database import Database
from core.store.ledger import Ledger
from tests.fixtures.runs import add_user, admission, record

MONTH = "2026-11"


@pytest.fixture
def spent(database: Database, database_url: str, tmp_path, monkeypatch) -> None:
    """Runs of two people in the month, on the database that the command finds."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path / "data"))
    ledger = Ledger(database, instance_id=1)
    for name, amount in (("ann", "1.00000000000000001"), ("bob", "0.5")):
        cost = Cost(amount=Decimal(amount), source=CostSource.COMPUTED)
        record(ledger, admission(add_user(database, name)), cost=cost)


def test_a_pdf_of_everybodys_runs_is_written(spent, tmp_path, capsys):
    file = tmp_path / "report.pdf"
    assert main(["report", MONTH, "--pdf", str(file)]) == 0
    assert capsys.readouterr().out == f"Wrote the report of November 2026 to {file}.\n"
    (paper,) = PdfReader(BytesIO(file.read_bytes())).pages
    text = paper.extract_text()
    assert "$1.50000000000000001" in text and "ann" in text and "bob" in text


def test_a_page_takes_the_place_of_an_earlier_one(spent, tmp_path):
    file = tmp_path / "report.html"
    file.write_text("an earlier one")
    assert main(["report", MONTH, "--html", str(file)]) == 0
    assert file.read_text().startswith("<!doctype html>") and "$1.50000000000000001" in file.read_text()
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith("report")] == ["report.html"]


@pytest.mark.parametrize(
    ("month", "place", "complaint"),
    [
        ("2026-13", "report.pdf", "There is no such month. Write it like 2026-11.\n"),
        (MONTH, "nowhere/report.pdf", "cannot be written: No such file or directory.\n"),
    ],
)
def test_what_cannot_be_written_is_one_plain_line(spent, tmp_path, capsys, month, place, complaint):
    file = tmp_path / place
    assert main(["report", month, "--pdf", str(file)]) == 1
    told = capsys.readouterr().err
    assert told.endswith(complaint) and told.count("\n") == 1
    assert not file.exists()


@pytest.mark.parametrize("form", [[], ["--pdf", "a.pdf", "--html", "a.html"]])
def test_one_form_is_asked_for(form):
    with pytest.raises(SystemExit, match="2"):
        main(["report", MONTH, *form])
