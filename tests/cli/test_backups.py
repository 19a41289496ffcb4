"""Backing up and restoring as an operator types it, beside a lab that runs on the embedded server."""

import subprocess
import sys

import pytest

from core.settings import ROOT
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.ledger import Ledger
from tests.browser.product import Product, end, running_product
from tests.fixtures.runs import add_user, admission, record


def types(product: Product, *arguments: str) -> tuple[int, str, str]:
    """Run a command on the product's data; return its status, its output and its complaints."""
    command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=product.environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_running_lab_is_backed_up_and_restored_once_it_has_stopped(tmp_path):
    file = tmp_path / "lab.backup"
    with running_product(tmp_path, LAB_LOCAL_MODEL="off") as product:
        database = Database(EmbeddedPostgres(product.data_dir).url, pool_size=1)
        add_user(database)
        record(Ledger(database, instance_id=1), admission())
        database.close()
        users = product.command("user", "list")
        status, told, _ = types(product, "backup", file)
        assert status == 0
        assert "ENCRYPTION_KEY" in told
        assert told.startswith("Backed up 1 run and 2 users to ")
        refused = types(product, "restore", file, "--force")
        assert refused == (1, "", "The lab is running on this data directory. Stop it first; nothing was changed.\n")
        end(product)
        product.command("user", "disable", "ann")
        status, _, complaint = types(product, "restore", file)
        assert (status, complaint.count("\n")) == (1, 1)
        assert "--force" in complaint
        status, back, _ = types(product, "restore", file, "--force")
        assert status == 0
        assert back.splitlines()[0].startswith(
            told.splitlines()[0].partition(" to ")[0].replace("Backed up", "Restored")
        )
        assert "kept as the database postgres_before_" in back
        assert product.command("user", "list") == users


@pytest.mark.parametrize("target", ["backup", "restore"])
def test_make_asks_for_the_file(target):
    done = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"make {target} FILE=" in done.stderr


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["backup", "FILE=my lab.backup"], '-m core.cli backup "$FILE"'),
        (["restore", "FILE=lab.backup", "FORCE=1"], '-m core.cli restore "$FILE" --force'),
    ],
)
def test_make_hands_the_file_on(typed, command):
    done = subprocess.run(["make", "--dry-run", *typed], cwd=ROOT, capture_output=True, text=True)
    assert command in done.stdout
