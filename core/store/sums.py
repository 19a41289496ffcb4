"""The measures of rollups, added up exactly, as the figures that reports tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from core.domain.histograms import BOUNDS, percentile
from core.domain.spend import Group, Totals
from core.store.rollup_sql import DIGITS, MEASURES

_EXACT = Context(prec=len(BOUNDS) * DIGITS + 100)
"""Sums keep every digit, also those of packed histograms."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The measures of some runs, in the order of `MEASURES`."""

    values: tuple[Any, ...]

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(tuple(_EXACT.add(a, b) for a, b in zip(self.values, other.values, strict=True)))


def merged(groups: Iterable[tuple[str, Sums]]) -> list[tuple[str, Sums]]:
    """Return the groups with those of the same key added up."""
    found: dict[str, Sums] = {}
    for key, sums in groups:
        found[key] = found[key] + sums if key in found else sums
    return list(found.items())


def as_groups(groups: Iterable[tuple[str, Sums]]) -> list[Group]:
    """Return the groups as figures, the dearest first."""
    found = [Group(key, _totals(sums)) for key, sums in groups]
    return sorted(found, key=lambda group: (-group.totals.cost, -group.totals.runs, group.key))


def sum_of(groups: Sequence[tuple[str, Sums]]) -> Totals:
    """Return the figures of all groups together."""
    nothing = Sums((0,) * len(MEASURES))
    return _totals(sum((sums for _, sums in groups), nothing))


def _totals(sums: Sums) -> Totals:
    of = dict(zip(MEASURES, sums.values, strict=True))
    latencies, first_tokens = _counts(of["latencies"]), _counts(of["first_tokens"])
    return Totals(
        runs=int(of["runs"]),
        input_tokens=int(of["input_tokens"]),
        output_tokens=int(of["output_tokens"]),
        cached_tokens=int(of["cached_tokens"]),
        cost=Decimal(of["cost"]),
        billed_cost=Decimal(of["billed_cost"]),
        own_key_cost=Decimal(of["own_key_cost"]),
        estimated_cost=Decimal(of["estimated_cost"]),
        unpriced_runs=int(of["unpriced_runs"]),
        errors=int(of["failed"]),
        cancelled=int(of["cancelled"]),
        incomplete=int(of["incomplete"]),
        unknown=int(of["unknown"]),
        p50_latency_ms=percentile(latencies, 0.5),
        p95_latency_ms=percentile(latencies, 0.95),
        p99_latency_ms=percentile(latencies, 0.99),
        p50_ttft_ms=percentile(first_tokens, 0.5),
        p95_ttft_ms=percentile(first_tokens, 0.95),
    )


def _counts(packed: Decimal | int) -> dict[int, int]:
    """Take a packed histogram apart: counts by bucket. See `rollup_sql`."""
    digits = f"{Decimal(packed):f}"
    empty = (len(digits) - len(digits.rstrip("0"))) // DIGITS  # buckets below the first that counts any
    ends = range(len(digits) - empty * DIGITS, 0, -DIGITS)
    pieces = (digits[max(end - DIGITS, 0) : end] for end in ends)
    return {bucket: count for bucket, piece in enumerate(pieces, empty) if (count := int(piece))}
