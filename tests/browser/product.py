"""The real product as a process of its own, as `make run` starts it: for tests, benchmarks and pictures."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.settings import ROOT, Settings

ADMIN, PASSWORD = "admin", "correct horse battery staple"
READY_S, END_S = 60.0, 10.0
SERVE = (sys.executable, "-m", "core.serve")

_VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}


@dataclass(frozen=True)
class Product:
    """A product that serves. `log` is all that it printed; `environment` what its commands need to reach its data."""

    url: str
    data_dir: Path
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def command(self, *arguments: str, typed: str = "") -> str:
        """Run one of the operator's commands on this product's data and return what it printed."""
        command = [sys.executable, "-m", "core.cli", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, input=typed, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running_product(folder: Path, command: Sequence[str] = SERVE, **variables: str) -> Iterator[Product]:
    """Start the product with its data under `folder` and these settings, and end it the way a system does.

    Raises RuntimeError with what it printed if it does not come to serve, or does not end in time.
    """
    with launched(folder, command, **variables) as product:
        wait_until_ready(product)
        yield product


@contextmanager
def launched(folder: Path, command: Sequence[str] = SERVE, **variables: str) -> Iterator[Product]:
    """Do what `running_product` does, without waiting until it serves."""
    port, log = free_port(), folder / "product.log"
    environment = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    environment |= {"LAB_DATA_DIR": str(folder / "data"), "LAB_PORT": str(port), "LAB_ADMIN_PASSWORD": PASSWORD}
    environment |= variables
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    product = Product(f"http://127.0.0.1:{port}", folder / "data", log, environment, process)
    try:
        yield product
    finally:
        end(product)


def end(product: Product) -> None:
    """Ask the product to end and wait until it did. Raises RuntimeError if it takes too long."""
    product.process.terminate()
    try:
        product.process.wait(END_S)
    except subprocess.TimeoutExpired:
        product.process.kill()
        product.process.wait()
        raise RuntimeError(f"The product did not end within {END_S:.0f} s.\n{product.log.read_text()}") from None


def wait_until_ready(product: Product) -> None:
    """Wait until the product can serve. Raises RuntimeError with what it printed if it does not come to it."""
    deadline = time.monotonic() + READY_S
    while not _is_ready(product.url):
        if product.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The product does not serve.\n{product.log.read_text()}")
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
