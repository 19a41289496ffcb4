"""PostgreSQL's own programs, as they come with the embedded server; they also talk to servers that are older.

A password goes by the environment, since a command line is everybody's to read. Of ours they get nothing else.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from psycopg.conninfo import make_conninfo

from core.store.embedded import programs
from core.store.urls import libpq_parameters

LONGEST_COMPLAINT = 200
PIECE = 1 << 20

NEWER_SETTING = b"SET transaction_timeout = 0;\n"
"""pg_restore writes it in any case, and a server before 17 refuses it. It only says what holds anyway."""


class ToolFailed(Exception):
    """A program did not do its work; the text is what it complained of first."""


def dump(url: str, output: IO[bytes], *options: str) -> None:
    """Write the database to `output`, in pg_dump's custom format. Raises `ToolFailed`."""
    target, environment = _target(url)
    _run([_program("pg_dump"), "--format=custom", *UNOWNED, *options, target], environment, output)


def listing(file: Path) -> str:
    """Return the table of contents of a dump; times in it are in UTC. Raises `ToolFailed`."""
    with TemporaryFile() as output:
        _run([_program("pg_restore"), "--list", str(file)], ENVIRONMENT, output)
        output.seek(0)
        return output.read().decode(errors="replace")


def load(url: str, file: Path) -> None:
    """Read a dump into an empty database. Raises `ToolFailed`; what is in the database then is of no use."""
    target, environment = _target(url)
    script = [_program("pg_restore"), "--file=-", *UNOWNED, str(file)]
    shell = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", target]
    pipe = subprocess.PIPE
    with (
        TemporaryFile() as said,
        subprocess.Popen(script, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=pipe, stderr=said) as reader,
        subprocess.Popen(shell, env=environment, stdin=pipe, stdout=subprocess.DEVNULL, stderr=said) as writer,
    ):
        assert reader.stdout and writer.stdin
        with suppress(BrokenPipeError), writer.stdin:  # whoever broke it has said why
            for piece in _for_any_server(reader.stdout):
                writer.stdin.write(piece)
        reader.stdout.close()
        if reader.wait() | writer.wait():
            raise ToolFailed(_complaint(said))


UNOWNED = ("--no-owner", "--no-privileges")
ENVIRONMENT = {"PATH": os.defpath, "HOME": str(Path.home()), "TZ": "UTC", "LC_ALL": "C"}


def _program(name: str) -> str:
    return str(programs() / name)


def _target(url: str) -> tuple[str, dict[str, str]]:
    """Return the option that names the database, and the environment that holds its password."""
    parameters = libpq_parameters(url)
    password = parameters.pop("password", None)
    environment = ENVIRONMENT if password is None else {**ENVIRONMENT, "PGPASSWORD": password}
    return f"--dbname={make_conninfo(**parameters)}", environment


def _run(command: list[str], environment: dict[str, str], output: IO[bytes]) -> None:
    with TemporaryFile() as said:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=said)
        if done.returncode:
            raise ToolFailed(_complaint(said))


def _for_any_server(script: IO[bytes]) -> Iterator[bytes]:
    for line in script:
        if line == NEWER_SETTING:
            break
        yield line
    yield from iter(lambda: script.read(PIECE), b"")


def _complaint(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    first = next(iter(errors or lines), "it did not say why")
    return "".join(letter for letter in first if letter.isprintable())[:LONGEST_COMPLAINT]
