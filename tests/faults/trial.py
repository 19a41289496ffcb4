"""A copy of the project, in which defences are taken out and tests are run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

from tests.faults.rows import ROOT, Defence

LIMIT_S = 300.0
PYTEST = (sys.executable, "-m", "pytest", "-n0", "--no-header", "--tb=no", "-rfE")
_HEADS = ("FAILED ", "ERROR ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a run of tests: whether all passed, the tests that failed with their reasons, and the last line."""

    passed: bool
    failed: tuple[str, ...]
    told: str


class Copy:
    """All files of the project under `folder`, committed or not, beside a link to its environment."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._root, self._output = folder / "copy", folder / "output.txt"
        self._environment = os.environ | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAB_TEST_DATABASE_URL": database_url,
            "COLUMNS": "180",
        }
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")):
            if (ROOT / name).is_file():
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                copy2(ROOT / name, self._root / name)
        (self._root / ".venv").symlink_to(ROOT / ".venv")

    @contextmanager
    def without(self, defence: Defence) -> Iterator[None]:
        """Take `defence` out for a while. Raises `ValueError` if it is not there, `SyntaxError` for what is left."""
        file = self._root / defence.file
        whole = file.read_text()
        if whole.count(defence.before) != 1:
            raise ValueError(f"{defence.file} does not hold {defence.what} exactly once")
        changed = whole.replace(defence.before, defence.after)
        if file.suffix == ".py":
            compile(changed, defence.file, "exec")
        file.write_text(changed)
        try:
            yield
        finally:
            file.write_text(whole)

    def run(self, tests: Iterable[str], *options: str) -> Verdict:
        """Run these tests. What does not end in time has failed as well."""
        with self._output.open("w") as output:
            process = subprocess.Popen(
                [*PYTEST, *options, *tests],
                cwd=self._root,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                code = process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return Verdict(False, (f"they did not end within {LIMIT_S:.0f} s",), "")
        lines = self._output.read_text().strip().splitlines() or [""]
        failed = tuple(line.partition(" ")[2] for line in lines if line.startswith(_HEADS))
        return Verdict(code == 0, failed if code == 1 else (), lines[-1])
