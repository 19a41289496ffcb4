"""The served API keeps what its own description says, whoever calls and whatever they send.

Requests are made up by schemathesis from `openapi.json`: examples, edges of every schema, what no schema allows, wrong
methods, missing and false credentials, calls that follow from one another.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from core.domain.accounts import Scope, User
from core.services.accounts import FAILURES_BY_ADDRESS, Accounts
from core.services.tokens import Tokens
from core.store.attempts import AttemptStore, Bound
from core.store.database import Database
from core.store.tokens import TokenStore
from tests.browser.product import Product

CONFIG = Path(__file__).with_name("schemathesis.toml").read_text()
LOCALHOST = "127.0.0.1"
REAL_SIGN_INS = 8
"""Each costs a password's hash; those beyond are throttled."""

AS_CALLER = """
[auth.openapi.{scheme}]
{kind} = "${{LAB_CREDENTIAL}}"

[[operations]]
include-tag = ["Sessions"]
enabled = false
"""


def hold(product: Product, folder: Path, config: str, *options: str, credential: str = "") -> None:
    """Let schemathesis call the product, and show what it found if it found anything."""
    (folder / "schemathesis.toml").write_text(CONFIG + config)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file=schemathesis.toml", "run", *options]
    environment = {**os.environ, "LAB_URL": product.url, "LAB_CREDENTIAL": credential, "NO_PROXY": LOCALHOST}
    command.append(f"{product.url}/api/v1/openapi.json")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stranger_gets_nowhere_and_nothing_breaks(
    product: Product, accounts: Accounts, shared_database: Database, tmp_path: Path
):
    here = Bound(f"address:{sha256(LOCALHOST.encode()).hexdigest()}", FAILURES_BY_ADDRESS)
    for _ in range(FAILURES_BY_ADDRESS - REAL_SIGN_INS):
        AttemptStore(shared_database).begin([here], datetime.now(UTC))
    # Being refused everywhere is what is wanted here, so no warning.
    hold(product, tmp_path, "", "--phases=examples,coverage", "--warnings=off")


def test_a_signed_in_browser_gets_what_is_described(product: Product, session: str, tmp_path: Path):
    as_browser = AS_CALLER.format(scheme="session", kind="api_key")
    hold(product, tmp_path, as_browser, "--max-examples=10", credential=session)


def test_the_bearer_of_a_token_gets_what_is_described(
    product: Product, shared_database: Database, user: User, tmp_path: Path
):
    tokens = Tokens(TokenStore(shared_database))
    secret, _ = tokens.create(user, "schemathesis", set(Scope), timedelta(days=7))
    as_program = AS_CALLER.format(scheme="token", kind="bearer")
    hold(product, tmp_path, as_program, "--phases=coverage", credential=secret)
