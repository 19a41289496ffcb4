"""Keeps the embedded PostgreSQL running for as long as anybody uses it: a program of its own, standard library only.

    python -I keeper.py FOLDER COMMAND…

Whoever uses the server holds a shared lock on FOLDER/users, and the kernel drops it however that process ends. The
keeper looks for the moment when nobody holds it, stops the server and goes. A server that was killed is started again.
FOLDER/gate makes arriving, leaving and stopping exclude each other; FOLDER/keeper is locked while there is a keeper.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LOOK_EVERY_S = 0.1
START_AGAIN_AFTER_S = 0.3
STOP_LIMIT_S = 8.0
FAILED_STARTS = 5
FAILED_WITHIN_S = 2.0


def lock(path: Path, kind: int) -> int | None:
    """Take a lock on `path` and return its descriptor; None if `kind` says not to wait and somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def unused(folder: Path) -> bool:
    """Return whether nobody uses the server; if so, nobody can arrive any more while this process lives."""
    gate = lock(folder / "gate", fcntl.LOCK_EX | fcntl.LOCK_NB)
    if gate is None:
        return False
    if lock(folder / "users", fcntl.LOCK_EX | fcntl.LOCK_NB) is not None:
        return True
    os.close(gate)
    return False


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Ask the server to stop fast, and at once if it does not."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGCONT)
        server.send_signal(signal.SIGQUIT)
        server.wait()


def stop_stray(data: Path) -> None:
    """Stop a server whose keeper was killed, and wait a while for a dead one to be buried: PostgreSQL takes it for
    alive."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        if serves(pid, data):
            os.kill(pid, signal.SIGINT)
        end = time.monotonic() + STOP_LIMIT_S
        while serves(pid, data) or (is_zombie(pid) and time.monotonic() < end):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(LOOK_EVERY_S)
    except (OSError, ValueError, IndexError):
        return


def serves(pid: int, data: Path) -> bool:
    """Return whether that process is a server of `data`, which is its working directory; a zombie has none."""
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(data.resolve())
    except OSError:
        return False


def is_zombie(pid: int) -> bool:
    """Return whether that process has ended, and nobody has asked yet how."""
    return "(zombie)" in Path(f"/proc/{pid}/status").read_text()


def keep(folder: Path, command: list[str]) -> None:
    """Run the server until it is unused; gives up when it fails again and again."""
    failures = 0
    while failures < FAILED_STARTS:
        started = time.monotonic()
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            while server.poll() is None:
                if unused(folder):
                    return
                time.sleep(LOOK_EVERY_S)
        finally:
            if server.poll() is None:
                stop(server)
        failures = failures + 1 if time.monotonic() - started < FAILED_WITHIN_S else 0
        time.sleep(START_AGAIN_AFTER_S)


def main() -> None:
    """Leave the caller's session, then keep the server. Returns at once in the caller's eyes."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    if lock(folder / "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB) is None or os.fork():
        return
    os.setsid()
    os.chdir(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    stop_stray(folder / "data")
    keep(folder, command)


if __name__ == "__main__":
    main()
