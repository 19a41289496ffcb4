"""The table of a month: each model with its exact figures, and their sum."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.domain import figures as show
from core.domain.palette import OTHER, model_colour
from core.domain.spend import Group, SpendReport, Totals
from core.services.monthly.lettering import visible
from core.services.monthly.sheet import Row, Table
from core.services.names import provider_name

SHOWN = 7
"""How many models have a row; the others share one."""

HEAD = ("Model", "Provider", "Runs", "Tokens in", "Tokens out", "Exact cost", "Share", "Failed")


def table(report: SpendReport, colours: Mapping[str, str]) -> Table:
    """Return the dearest models, the others in one row, and the total."""
    groups, totals = report.by_model, report.totals
    place = SHOWN if len(groups) > SHOWN + 1 else len(groups)
    rows = [_row(group, totals, colours) for group in groups[:place]]
    if groups[place:]:
        rows.append(_others(groups[place:], totals))
    return Table(HEAD, tuple(rows), Row(("Total", "", *_figures(totals, totals))), words=2)


def _row(group: Group, whole: Totals, colours: Mapping[str, str]) -> Row:
    provider, _, model = group.key.partition("/")
    names = (visible(model), visible(provider_name(provider)))
    return Row((*names, *_figures(group.totals, whole)), colours.get(group.key) or model_colour(group.key))


def _others(groups: Sequence[Group], whole: Totals) -> Row:
    of = [group.totals for group in groups]
    sums = Totals(
        runs=sum(one.runs for one in of),
        input_tokens=sum(one.input_tokens for one in of),
        output_tokens=sum(one.output_tokens for one in of),
        cost=sum((one.cost for one in of), Decimal(0)),
        estimated_cost=sum((one.estimated_cost for one in of), Decimal(0)),
        unpriced_runs=sum(one.unpriced_runs for one in of),
        errors=sum(one.errors for one in of),
    )
    return Row((f"Other ({len(groups)})", "", *_figures(sums, whole)), OTHER)


def _figures(totals: Totals, whole: Totals) -> tuple[str, ...]:
    share = float(totals.cost / whole.cost) if whole.cost else None
    estimated = show.ESTIMATED if totals.estimated_cost else ""
    return (
        show.count(totals.runs),
        show.count(totals.input_tokens),
        show.count(totals.output_tokens),
        f"{estimated}{show.money_exact(totals.cost)}",
        show.share(share),
        show.share(totals.error_rate),
    )
