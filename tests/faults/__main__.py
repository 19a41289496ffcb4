"""`python -m tests.faults [ROW …]`: see each defence missed. Without a row: all of them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.coverage import ROWS
from tests.faults.rows import Row
from tests.faults.trial import Copy
from tests.fixtures.database import quick_server


def main(numbers: Sequence[str]) -> int:
    """Print a table of these rows' defences and the tests that miss them; return 1 if one is missed by none."""
    rows = [row for row in ROWS if not numbers or str(row.number) in numbers]
    with TemporaryDirectory(prefix="faults-") as folder, quick_server(Path(folder, "server")) as url:
        copy = Copy(Path(folder), url)
        missed = [_missed(copy, row) for row in rows]
    return 0 if all(missed) else 1


def _missed(copy: Copy, row: Row) -> bool:
    print(f"\n{row.number}. {row.fault}", flush=True)
    whole = copy.run(row.tests)
    print(f"    with every defence: {whole.told}", *whole.failed, sep="\n        ", flush=True)
    every = whole.passed
    for defence in row.defences if whole.passed else ():
        with copy.without(defence):
            verdict = copy.run(row.tests, "-x")
        seen = verdict.failed[0] if verdict.failed else f"NO TEST FAILS: {verdict.told}"
        print(f"    without {defence.what} ({defence.file})\n        {seen}", flush=True)
        every &= bool(verdict.failed)
    return every


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
