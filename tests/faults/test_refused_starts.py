"""A start that cannot be is refused in one line that names the variable, however the lab is started."""

import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from core import serve
from core.secrets import Vault
from core.services.secrets import Secrets
from core.settings import ROOT, Settings
from core.store.database import Database
from core.store.secrets import SecretStore
from tests.browser.product import free_port

PYTHON = sys.executable
STARTS = {
    "make run": lambda port: [PYTHON, "-m", "core.serve"],
    "streamlit": lambda port: [PYTHON, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
    "uvicorn": lambda port: [PYTHON, "-m", "uvicorn", "app:app", f"--port={port}"],
}
VARIABLES = [str(field.validation_alias) for field in Settings.model_fields.values()]
LIMIT_S = 60


@pytest.fixture
def environment(tmp_path):
    """No setting but a data directory, where nothing is that a start could find."""
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return bare | {"LAB_DATA_DIR": str(tmp_path / "data"), "LAB_LOCAL_MODEL": "off"}


@pytest.fixture
def clone(tmp_path):
    """A copy of what is needed to start."""
    for name in ("core", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / "clone" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "app.py", tmp_path / "clone")
    return tmp_path / "clone"


def refusals(environment, folder=ROOT):
    """Start the lab in each way at once; returns what each wrote as errors, once it has ended as refused."""

    def start(name):
        port = free_port()
        command, given = STARTS[name](port), {"LAB_PORT": str(port)} | environment
        done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode not in (0, -15), done.stdout
        return done.stderr

    with ThreadPoolExecutor(len(STARTS)) as starts:
        return dict(zip(STARTS, starts.map(start, STARTS), strict=True))


def test_a_bad_file_of_settings_is_told_in_one_line_however_the_lab_is_started(environment, clone):
    (clone / ".env").write_bytes(b"OPENAI_API_KEY=planted\xff\n")
    for told in refusals(environment, clone).values():
        assert told.startswith(f"{clone / '.env'} ") and told.count("\n") == 1
        assert "planted" not in told


def test_a_wrong_key_is_told_in_one_line_however_the_lab_is_started(environment, database_url):
    database = Database(database_url)
    Secrets(Vault([Fernet.generate_key().decode()]), SecretStore(database)).check()
    database.close()
    given = environment | {"DATABASE_URL": database_url, "ENCRYPTION_KEY": Fernet.generate_key().decode()}
    for told in refusals(given).values():
        assert [line for line in told.splitlines() if "INFO" not in line][-1].startswith("ENCRYPTION_KEY ")
        assert "Traceback" not in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENCRYPTION_KEY", "planted"),
        ("DATABASE_URL", "postgresql://me:planted@host:port/lab"),
        ("LAB_DATA_DIR", "/proc/planted"),
        ("LAB_PORT", "planted"),
        ("LAB_TIMEZONE", "Planted"),
    ],
)
def test_every_variable_is_told_so(name, value, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as refused:
        serve.checked_settings()
    assert refused.value.code.startswith(f"{name} ") and "\n" not in refused.value.code
    assert "planted" not in refused.value.code.casefold()


def test_a_port_in_use_is_told_in_one_line(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = environment | {"LAB_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [PYTHON, "-m", "core.serve"], cwd=ROOT, env=given, capture_output=True, text=True, timeout=LIMIT_S
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("LAB_PORT ")
