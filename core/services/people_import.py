"""Reading a CSV file of people, as spreadsheets write one: with commas, semicolons or tabs, with or without a mark of
its encoding. Nothing is guessed: a row that cannot be read says why, in words."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import TypeVar

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.limits import NO_OWN_LIMITS, Cap, OwnLimits, number_of
from core.errors import InvalidRequest
from core.services.accounts import new_user

MOST_ROWS = 10_000
NEEDED = ("username", "tier", "role")
RUNS_A_MONTH = "runs_a_month"

T = TypeVar("T", Tier, Role)

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as it was written, at the line where it ends: the user that it tells of, or the `problem` with it."""

    line: int
    username: str
    tier: str
    role: str
    runs_a_month: str = ""
    user: User | None = None
    problem: str = ""

    def refused(self, problem: str) -> "Row":
        """Return the row with a problem, unless it has one."""
        return self if self.problem else replace(self, user=None, problem=problem)


def read_rows(text: str) -> list[Row]:
    """Return the rows of a file whose first line names the columns `username,tier,role` and, if it likes,
    `runs_a_month`, in any order.

    Raises `InvalidRequest` for what is no such file, and for more than `MOST_ROWS` rows.
    """
    lines = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = _columns(next(lines, []))
        rows = [_row(lines.line_num, columns, cells) for cells in lines if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InvalidRequest(f"Line {lines.line_num} is not CSV: {error}.") from None
    if not rows:
        raise InvalidRequest("There is nobody in this file: below the names of the columns, write one person a line.")
    if len(rows) > MOST_ROWS:
        raise InvalidRequest(f"These are more than {MOST_ROWS:,} people. Divide the file.")
    return list(_without_doubles(rows))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _columns(header: Sequence[str]) -> list[str]:
    columns = [name.strip().lower() for name in header]
    known = {*NEEDED, RUNS_A_MONTH}
    if not set(NEEDED) <= set(columns) <= known or len(set(columns)) < len(columns):
        raise InvalidRequest(
            f"The first line has to name the columns: {','.join(NEEDED)}, and {RUNS_A_MONTH} if you like."
        )
    return columns


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    told = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
    username, tier, role, runs = (told.get(name, "") for name in (*NEEDED, RUNS_A_MONTH))
    row = Row(line, username, tier, role, runs)
    if len(cells) != len(columns):
        return row.refused(f"It has {len(cells)} cells, the first line {len(columns)}.")
    try:
        return replace(row, user=_user(row))
    except InvalidRequest as error:
        return row.refused(error.message)


def _user(row: Row) -> User:
    tier, role = _one_of(Tier, row.tier, "tier"), _one_of(Role, row.role, "role")
    return replace(new_user(row.username, tier, role), limits=_limits(row.runs_a_month))


def _one_of(kind: type[T], name: str, noun: str) -> T:
    try:
        return kind(name.lower())
    except ValueError:
        raise InvalidRequest(f"There is no {noun} “{name}”: write {', '.join(kind)}.") from None


def _limits(text: str) -> OwnLimits:
    return OwnLimits(Cap(number_of(text))) if text else NO_OWN_LIMITS


def _without_doubles(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows, but of those with one name only the first as it is."""
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.username.lower(), row.line)
        yield row if first == row.line else row.refused(f"Line {first} has this name already.")
