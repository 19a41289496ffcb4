"""All of a report, where its breakdown tells a part of it: runs without a tag are in no group and no slice of it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal

from core.domain.slices import start_of
from core.domain.spend import OTHERS, Days, DayTotal, Grain, Group, Slice, SpendReport, Totals


def course(report: SpendReport, grain: Grain) -> list[Slice]:
    """Return all of each slice of time, under `OTHERS`, in order. Hours are only told where the breakdown tells all."""
    parts = report.slices if grain is Grain.HOUR else _of_days(report.days, report.days_asked, grain)
    by_start: dict[datetime, list[Slice]] = defaultdict(list)
    for one in parts:
        by_start[one.starts].append(one)
    return [_sum(start, of_start) for start, of_start in sorted(by_start.items())]


def with_the_untold(report: SpendReport, grain: Grain) -> list[Slice]:
    """Return the slices of a report, and under `OTHERS` what they lack of all. Of hours that is not known."""
    told: dict[datetime, list[Slice]] = defaultdict(list)
    for one in report.slices:
        told[one.starts].append(one)
    lacking = [_less(whole, _sum(whole.starts, told[whole.starts])) for whole in course(report, grain)]
    return [*report.slices, *(one for one in lacking if one.runs)]


def with_the_ungrouped(groups: Sequence[Group], whole: Totals) -> list[Group]:
    """Return groups, and under `OTHERS` what they lack of `whole`: its percentiles are not known."""
    parts = [group.totals for group in groups]
    rest = Totals(
        runs=whole.runs - sum(one.runs for one in parts),
        input_tokens=whole.input_tokens - sum(one.input_tokens for one in parts),
        output_tokens=whole.output_tokens - sum(one.output_tokens for one in parts),
        cost=whole.cost - sum((one.cost for one in parts), Decimal(0)),
        estimated_cost=whole.estimated_cost - sum((one.estimated_cost for one in parts), Decimal(0)),
        unpriced_runs=whole.unpriced_runs - sum(one.unpriced_runs for one in parts),
        errors=whole.errors - sum(one.errors for one in parts),
    )
    return [*groups, Group(OTHERS, rest)] if rest.runs > 0 else list(groups)


def _of_days(days: Sequence[DayTotal], asked: Days, grain: Grain) -> list[Slice]:
    return [
        Slice(start_of(datetime.combine(one.day, time()), grain), OTHERS, one.cost, one.runs, one.tokens, one.errors)
        for one in days
        if asked.first <= one.day <= asked.last
    ]


def _sum(start: datetime, parts: Sequence[Slice]) -> Slice:
    cost = sum((one.cost for one in parts), Decimal(0))
    runs, tokens = sum(one.runs for one in parts), sum(one.tokens for one in parts)
    return Slice(start, OTHERS, cost, runs, tokens, sum(one.errors for one in parts))


def _less(whole: Slice, part: Slice) -> Slice:
    counts = (whole.runs - part.runs, whole.tokens - part.tokens, whole.errors - part.errors)
    return Slice(whole.starts, OTHERS, whole.cost - part.cost, *counts)
