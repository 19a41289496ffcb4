"""What a row of the list is made of."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Defence:
    """A piece of the product that withstands a fault.

    `before` stands exactly once in `file`; with `after` in its place the defence is out, and all else as it was.
    """

    what: str
    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """A fault, the tests that cover it by pytest's node ids, the quickest first, and the defences against it."""

    number: int
    fault: str
    tests: tuple[str, ...]
    defences: tuple[Defence, ...]
