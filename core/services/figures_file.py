"""The figures of a report as a small CSV file: a row for each model, person or whatever it is broken down by."""

import csv
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from io import StringIO

from core.domain.spend import Group, Totals
from core.store.export_rows import FORMULA_STARTS

_FIGURES = tuple(field.name for field in fields(Totals))


def figures_file(groups: Sequence[Group], noun: str) -> bytes:
    """Return a UTF-8 file with a header. Money is exact and in USD, latencies are in ms, what is unknown is empty."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow((noun, *_FIGURES))
    for group in groups:
        key = f"'{group.key}" if group.key.startswith(tuple(FORMULA_STARTS)) else group.key
        writer.writerow((key, *(_plain(getattr(group.totals, name)) for name in _FIGURES)))
    return file.getvalue().encode()


def _plain(figure: Decimal | float | None) -> str:
    return "" if figure is None else f"{figure:f}" if isinstance(figure, Decimal) else f"{figure}"
