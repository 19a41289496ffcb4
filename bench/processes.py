"""What a benchmark acts with, each a process of its own: a provider, the lab, its bare peers."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from core.settings import ROOT
from core.store.embedded import EmbeddedPostgres
from core.store.urls import driver_url
from tests.browser.product import ADMIN, PASSWORD, Product, free_port, running_product

READY_S = 30.0


@dataclass(frozen=True)
class Provider:
    """A provider that serves."""

    url: str
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        """Where its Chat Completions are."""
        return f"{self.url}/openai/v1"

    def runs(self) -> list[dict[str, Any]]:
        """Return what the simulator saw of each run, oldest first; times are on `time.monotonic`."""
        seen: list[dict[str, Any]] = httpx.get(f"{self.url}/runs").json()
        return seen


@contextmanager
def provider(module: str = "tests.simulator") -> Iterator[Provider]:
    """Run a provider: the simulator, or another module that says where it serves on its first line."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Provider(process.stdout.readline().strip(), process)
        finally:
            process.terminate()


@contextmanager
def lab(behind: Provider, **variables: str) -> Iterator[Product]:
    """Run the lab on fresh data and these settings, with the provider behind it as its only one."""
    variables |= {"OPENAI_BASE_URL": behind.base_url, "OPENAI_API_KEY": "sk-simulated", "LAB_LOCAL_MODEL": "off"}
    with TemporaryDirectory() as folder, running_product(Path(folder), **variables) as product:
        yield product


def signed_in(of: Product) -> str:
    """Sign the administrator in and return the cookies of the session, as a browser sends them."""
    answer = httpx.post(f"{of.url}/api/v1/auth/login", json={"username": ADMIN, "password": PASSWORD})
    answer.raise_for_status()
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


@dataclass(frozen=True)
class App:
    """A bare app that serves."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def app(script: str, **variables: str) -> Iterator[App]:
    """Run `bench/SCRIPT` under Streamlit alone, with the lab's configuration."""
    port = free_port()
    path = str(Path(__file__).with_name(script))
    with _running(port, "streamlit", "run", path, f"--server.port={port}", **variables) as running:
        yield running


@contextmanager
def plain_routes(behind: Provider) -> Iterator[App]:
    """Run the peers of the lab's routes as Streamlit runs the lab: under uvicorn as it comes, without an access log."""
    port = free_port()
    command = ("uvicorn", "bench.plain_routes:app", f"--port={port}", "--no-access-log")
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        database_url = driver_url(postgres.url).render_as_string()
        with _running(port, *command, OPENAI_BASE_URL=behind.base_url, DATABASE_URL=database_url) as running:
            yield running


@contextmanager
def _running(port: int, *command: str, **variables: str) -> Iterator[App]:
    """Run a module of Python that serves on `port`."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url)
            yield App(url, process)
        finally:
            process.terminate()


def cpu_s(of: Product | App | Provider) -> float:
    """Return the seconds of CPU that a process has used so far, its children left out."""
    times = psutil.Process(of.process.pid).cpu_times()
    return times.user + times.system


def rss_mb(of: Product | App | Provider) -> float:
    """Return the server's resident memory in MiB, its children left out."""
    return psutil.Process(of.process.pid).memory_info().rss / 2**20


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"nothing serves at {url}")
