"""The lines of an invoice as a provider, or a spreadsheet, writes them: CSV in any of its dialects -> amounts by model.

A header names the columns, in any order: one for the model, one for the amount in USD, and if there are any, for
tokens. Lines of the same model are added up. Empty lines, and those that are a sum of the others, are left out.
"""

import csv
import re
from collections.abc import Iterator, Sequence, Sized
from decimal import Decimal
from io import StringIO

from core.domain.chat import clean
from core.domain.invoices import InvoiceLine
from core.errors import InvalidRequest

MAX_CHARACTERS = 1_000_000
MAX_MODELS = 5_000
MAX_NAME = 200

_DELIMITERS = ",;\t|"
_MODEL = (
    "model",
    "model name",
    "model id",
    "model slug",
    "model permaslug",
    "line item",
    "item",
    "description",
    "name",
)
_COST = ("cost", "amount", "total cost", "cost usd", "amount usd", "total", "price", "spend", "charge", "usd")
_TOKENS = ("tokens", "total tokens", "token count", "usage tokens")
_PARTS = ("input tokens", "prompt tokens", "tokens prompt", "output tokens", "completion tokens", "tokens completion")
_SUMS = frozenset({"total", "sum", "grand total", "subtotal", "total usd"})
_SIGNS = re.compile(r"^(us\s*)?\$|usd|(us\s*)?\$$", re.IGNORECASE)
_SPACES = re.compile(r"[\s'’]")
_PLAIN = re.compile(r"\d+(\.\d+)?(e[+-]?\d{1,2})?", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
_GROUPED = re.compile(r"\d{1,3}([.,]\d{3})+")
_MOST = Decimal("1e12")
_TOLD = 3


def lines_of(text: str) -> dict[str, InvoiceLine]:
    """Return what the text of a CSV file tells of each model, by the names that it gives them.

    Raises `InvalidRequest`, which names the lines that cannot be read and says what is wrong with them.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequest("The lines are longer than 1 MB. Leave out what is not a line by model.")
    text = text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    columns = _Columns(next(rows, (0, []))[1], comma=delimiter == ";")
    found: dict[str, InvoiceLine] = {}
    wrong: list[str] = []
    for number, row in rows:
        try:
            _add(found, columns.read(row))
        except ValueError as error:
            wrong.append(f"Line {number}: {error}.")
    _check(found, wrong)
    return found


def amount_of(written: str, *, comma: bool = False) -> Decimal:
    """Return an amount in USD as people write it: `1,234.56`, `$1234.56`, `1.234,56`, `(0.50)` for a credit.

    `comma` says that a single comma before three digits is a decimal one. Raises `ValueError`.
    """
    bare = _SPACES.sub("", written).replace("−", "-")
    credit = bare.startswith("(") and bare.endswith(")")
    unsigned = _SIGNS.sub("", bare.strip("()"))
    negative = unsigned.startswith("-")
    figure = _with_point(_SIGNS.sub("", unsigned.removeprefix("-")), comma=comma)
    if not _PLAIN.fullmatch(figure) or Decimal(figure) >= _MOST:
        raise ValueError(f"“{clean(written)[:40]}” is no amount in USD")
    return -Decimal(figure) if negative or credit else Decimal(figure)


class _Columns:
    """Where the columns are that matter. `comma` says that amounts are written with a decimal comma."""

    def __init__(self, header: Sequence[str], *, comma: bool) -> None:
        names = [_tidy(name) for name in header]
        self._comma = comma
        self._model, self._cost = (_needed(names, header, words) for words in (_MODEL, _COST))
        whole = [names.index(word) for word in _TOKENS if word in names]
        self._tokens = whole[:1] or [at for at, name in enumerate(names) if name in _PARTS]

    def read(self, row: Sequence[str]) -> tuple[str, InvoiceLine] | None:
        """Return a model's name and its line, or None for a sum of others. Raises `ValueError`."""
        cells = dict(enumerate(cell.strip() for cell in row))
        name, written = cells.get(self._model, ""), cells.get(self._cost, "")
        if not name or _tidy(name) in _SUMS:
            return None
        if not written:
            raise ValueError(f"“{clean(name)[:40]}” has no amount")
        told = [cells[at] for at in self._tokens if cells.get(at)]
        tokens = sum(map(_count, told)) if told else None
        return clean(name)[:MAX_NAME], InvoiceLine(amount_of(written, comma=self._comma), tokens)


def _count(written: str) -> int:
    """Return a number of tokens. Raises `ValueError`."""
    bare = _SPACES.sub("", written)
    number = Decimal(re.sub("[.,]", "", bare)) if _GROUPED.fullmatch(bare) else amount_of(bare)
    if number < 0 or number != int(number):
        raise ValueError(f"“{clean(written)[:40]}” is no number of tokens")
    return int(number)


def _needed(names: Sequence[str], header: Sequence[str], words: Sequence[str]) -> int:
    """Return where the first of `words` stands as a column's name. Raises `InvalidRequest` if none does."""
    found = next((names.index(word) for word in words if word in names), None)
    if found is None:
        told = ", ".join(f"“{clean(name)[:40]}”" for name in header[:8]) or "none"
        raise InvalidRequest(f"The first line must name a column “{words[0]}”. The columns there are {told}.")
    return found


def _tidy(name: str) -> str:
    """A column's name as it is looked for: `Amount (USD)` is `amount usd`."""
    return " ".join(re.sub(r"[^a-z]+", " ", name.lower()).split())


def _with_point(figure: str, *, comma: bool) -> str:
    """Return a figure with nothing but a decimal point in it. Of comma and point, the last to come is the decimal."""
    if "," in figure and "." in figure:
        thousands, decimal = (".", ",") if figure.rindex(",") > figure.rindex(".") else (",", ".")
        return figure.replace(thousands, "").replace(decimal, ".")
    if figure.count(".") > 1:
        return figure.replace(".", "")
    if _THOUSANDS.fullmatch(figure) and (figure.count(",") > 1 or not comma):
        return figure.replace(",", "")
    return figure.replace(",", ".", 1)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=first.count)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold anything, with their numbers. Raises `InvalidRequest` for what is no CSV."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error:
        raise InvalidRequest(f"Line {reader.line_num}: this is no CSV. Save the invoice's lines as CSV.") from None


def _add(found: dict[str, InvoiceLine], told: tuple[str, InvoiceLine] | None) -> None:
    if told is None:
        return
    name, line = told
    if before := found.get(name):
        counted = [one.tokens for one in (before, line) if one.tokens is not None]
        line = InvoiceLine(before.cost + line.cost, sum(counted) if counted else None)
    found[name] = line


def _check(found: Sized, wrong: Sequence[str]) -> None:
    if wrong:
        more = f" And {len(wrong) - _TOLD} more." if len(wrong) > _TOLD else ""
        raise InvalidRequest(f"{' '.join(wrong[:_TOLD])}{more} Correct the lines, and send them again.")
    if not found:
        raise InvalidRequest("There is no line by model below the first line.")
    if len(found) > MAX_MODELS:
        raise InvalidRequest(f"The lines name more than {MAX_MODELS:,} models. Add them up by model first.")
