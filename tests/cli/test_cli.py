"""What an operator types."""

import io
import os
import subprocess
import sys

import pytest

from core.cli import main
from core.services import passwords
from core.services.accounts import Accounts
from core.settings import ROOT
from core.store.database import Database
from core.store.openid import OpenidStore
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD, Clock, accounts_over

ADD = "user add ann --tier starter --role pm --password-stdin"


class Operator:
    """Types commands and reads what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def types(self, command: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command with `typed` on its input; return its status, its output and its complaints."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main(command.split())
        return status, *self._capsys.readouterr()


@pytest.fixture
def operator(database_url: str, tmp_path, capsys, monkeypatch) -> Operator:
    """An operator in front of an empty database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    return Operator(capsys, monkeypatch)


@pytest.fixture
def accounts(database: Database) -> Accounts:
    """The accounts that the operator works on."""
    return accounts_over(database, Clock())


def test_an_added_user_signs_in_with_the_typed_password(operator: Operator, accounts: Accounts):
    assert operator.types(ADD, f"{PASSWORD}\n") == (0, "Added ann  starter  pm\n", "")
    assert accounts.sign_in("ann", PASSWORD, ADDRESS).role == "pm"


def test_the_list_shows_everybody(operator: Operator):
    operator.types(ADD, PASSWORD)
    operator.types("user add Zoe --tier trial --role ops --password-stdin", PASSWORD)
    operator.types("user disable zoe")
    assert operator.types("user list") == (0, "ann  starter  pm\nZoe  trial  ops  disabled\n", "")


def test_a_user_is_changed_in_what_is_given(operator: Operator, accounts: Accounts):
    operator.types(ADD, PASSWORD)
    assert operator.types("user set ann --tier enterprise")[1] == "Now ann  enterprise  pm\n"
    assert operator.types("user set ann --role admin --password-stdin", "another password\n")[0] == 0
    assert accounts.sign_in("ann", "another password", ADDRESS).role == "admin"


def test_disabling_ends_sessions_and_enabling_lets_in_again(operator: Operator, accounts: Accounts):
    operator.types(ADD, PASSWORD)
    token = accounts.open_session(accounts.sign_in("ann", PASSWORD, ADDRESS), ADDRESS, AGENT)
    operator.types("user disable ann")
    assert accounts.user_of(token) is None
    operator.types("user enable ann")
    assert accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.mark.parametrize(
    ("command", "typed", "complaint"),
    [
        (ADD, PASSWORD, "There is already a user named ann.\n"),
        ("user add bob --tier trial --password-stdin", "", "A password cannot be empty.\n"),
        ("user set nobody --tier trial", "", "There is no user named nobody.\n"),
        ("user disable nobody", "", "There is no user named nobody.\n"),
    ],
)
def test_an_error_is_one_plain_line(operator: Operator, command: str, typed: str, complaint: str):
    operator.types(ADD, PASSWORD)
    assert operator.types(command, typed) == (1, "", complaint)


def test_a_bad_setting_is_one_line_that_names_it(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_PORT", "many-secret")
    status, output, complaint = operator.types("user list")
    assert (status, output, complaint.count("\n")) == (1, "", 1)
    assert "LAB_PORT" in complaint
    assert "many-secret" not in complaint


@pytest.mark.parametrize("command", ["", "user", "user add ann", "user set ann --tier royal", "nothing"])
def test_what_is_no_command_is_explained(operator: Operator, command: str):
    with pytest.raises(SystemExit, match="2"):
        main(command.split())


def test_demo_data_comes_once_and_after_an_administrator_who_can_sign_in(operator: Operator, accounts: Accounts):
    status, output, _ = operator.types("demo-data")
    password = output.split("the password ")[1].split(". ")[0]
    assert status == 0
    assert accounts.sign_in("admin", password, ADDRESS).role == "admin"
    assert len(accounts.all()) > 3
    assert operator.types("demo-data")[0] == 1


def test_the_command_line_works_as_a_program_of_its_own(database_url: str, tmp_path):
    settings = {"DATABASE_URL": database_url, "LAB_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "core.cli", *ADD.split()]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, input=PASSWORD, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Added ann  starter  pm\n", "")


def test_an_account_is_linked_to_somebody_of_the_companys_provider(operator: Operator, database: Database, monkeypatch):
    operator.types(ADD, PASSWORD)
    assert operator.types("user link ann s-1") == (
        1,
        "",
        "No provider is set up. Set LAB_OPENID_ISSUER and LAB_OPENID_CLIENT_ID first.\n",
    )
    monkeypatch.setenv("LAB_OPENID_ISSUER", "https://login.example.com")
    monkeypatch.setenv("LAB_OPENID_CLIENT_ID", "the-lab")
    assert operator.types("user link ANN s-1") == (0, "Linked ann  starter  pm\n", "")
    assert operator.types("user link nobody s-1") == (1, "", "There is no user of that name.\n")
    found = OpenidStore(database).find("https://login.example.com|s-1")
    assert found and found.username == "ann"
