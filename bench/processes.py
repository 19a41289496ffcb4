"""What a benchmark acts with, each a process of its own: the simulated provider, the lab, a bare Streamlit app."""

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
from tests.browser.product import Product, free_port, running_product

READY_S = 30.0


@dataclass(frozen=True)
class Provider:
    """A simulated provider that serves."""

    url: str

    @property
    def base_url(self) -> str:
        """Where its Chat Completions are."""
        return f"{self.url}/openai/v1"

    def runs(self) -> list[dict[str, Any]]:
        """Return what it saw of each run, oldest first; times are on `time.monotonic`."""
        seen: list[dict[str, Any]] = httpx.get(f"{self.url}/runs").json()
        return seen


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a provider."""
    command = [sys.executable, "-m", "tests.simulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Provider(process.stdout.readline().strip())
        finally:
            process.terminate()


@contextmanager
def lab(simulated: Provider) -> Iterator[Product]:
    """Run the lab on fresh data, with the simulated provider as its only one."""
    variables = {"OPENAI_BASE_URL": simulated.base_url, "OPENAI_API_KEY": "sk-simulated", "LAB_LOCAL_MODEL": "off"}
    with TemporaryDirectory() as folder, running_product(Path(folder), **variables) as product:
        yield product


@dataclass(frozen=True)
class App:
    """A bare Streamlit app that serves."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def app(script: str, **variables: str) -> Iterator[App]:
    """Run `bench/SCRIPT` under Streamlit alone, with the lab's configuration."""
    port = free_port()
    path = str(Path(__file__).with_name(script))
    command = [sys.executable, "-m", "streamlit", "run", path, f"--server.port={port}", "--server.address=127.0.0.1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url)
            yield App(url, process)
        finally:
            process.terminate()


def cpu_s(of: Product | App) -> float:
    """Return the seconds of CPU that the server has used so far, its children left out."""
    times = psutil.Process(of.process.pid).cpu_times()
    return times.user + times.system


def rss_mb(of: Product | App) -> float:
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
