"""The figures of a report as a file: exact, and no formula among them."""

import csv
import io
from dataclasses import fields
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from core.domain.spend import Group, Totals
from core.services.figures_file import figures_file
from core.store.export_rows import FORMULA_STARTS

AMOUNTS = some.decimals(min_value=0, allow_nan=False, allow_infinity=False)
COUNTS = some.integers(0, 10**12)
KEYS = some.text(some.characters(codec="utf-8", exclude_characters="\x00"))
TOTALS = some.builds(
    Totals,
    runs=COUNTS,
    input_tokens=COUNTS,
    output_tokens=COUNTS,
    cost=AMOUNTS,
    estimated_cost=AMOUNTS,
    unpriced_runs=COUNTS,
    errors=COUNTS,
    p50_latency_ms=some.none() | some.floats(0, 1e6),
)


@given(groups=some.lists(some.builds(Group, KEYS, TOTALS), max_size=5))
def test_every_figure_is_read_back_to_the_last_digit(groups):
    rows = list(csv.DictReader(io.StringIO(figures_file(groups, "model").decode(), newline=""), strict=True))
    assert len(rows) == len(groups)
    for row, group in zip(rows, groups, strict=True):
        formula = group.key.startswith(tuple(FORMULA_STARTS))
        assert row.pop("model") == (f"'{group.key}" if formula else group.key)
        assert list(row) == [field.name for field in fields(Totals)]
        assert Decimal(row["cost"]) == group.totals.cost and "E" not in row["cost"]
        assert int(row["input_tokens"]) == group.totals.input_tokens
        assert (float(row["p50_latency_ms"]) if row["p50_latency_ms"] else None) == group.totals.p50_latency_ms
