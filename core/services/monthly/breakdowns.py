"""What the charts of a month show: days, rankings, months side by side, and how certain the cost is."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from core.domain import figures as show
from core.domain.faults import fault_name
from core.domain.forecast import Forecast
from core.domain.palette import OTHER, model_colour
from core.domain.spend import OTHERS, Days, Group, Totals
from core.services.monthly.facts import COST, Facts, day_name, whole_month
from core.services.monthly.lettering import visible
from core.services.monthly.sheet import Bar, Columns, Curve, Curves, Ranking, Stack, Strip
from core.services.names import provider_name

SHOWN_MODELS, SHOWN = 8, 4
"""How many models, and how many of all else, stand for themselves."""

ACCENT, ERRORS = "#6699CC", "#D55E00"
THIS_MONTH, MONTH_BEFORE = "#0F766E", "#8A9099"
BILLED, COMPUTED, ESTIMATED = "#117733", "#6699CC", "#E69F00"

ESTIMATE, FOLDED = "Estimated", "Other"

Namer = Callable[[str], str]

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    value: Decimal
    colour: str


def columns(facts: Facts, named: Namer) -> Columns:
    """Return each day of the month, stacked by model, the largest first."""
    days, measure = _calendar(whole_month(facts.month)), facts.measure
    values: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in facts.report.slices:
        values[one.key][one.day] += measure.of(one)
    ranked = sorted(values, key=lambda key: (key == OTHERS, -sum(values[key].values()), key))
    stacks = [
        Stack(_name(key, named), _colour(key, facts), tuple(float(values[key].get(day, 0)) for day in days))
        for key in ranked
    ]
    unfinished = facts.today if facts.running else None
    title = f"{measure.name} by day and model{' · today, not over yet, is paler' if facts.running else ''}"
    return Columns(title, days, tuple(stacks), unfinished, measure.prefix, _alt(facts, title))


def models(facts: Facts, named: Namer) -> Ranking:
    """Return the models, in the colours of the days."""
    return _ranking(
        "By model", facts.report.by_model, facts, named, shown=SHOWN_MODELS, colour=lambda key: _colour(key, facts)
    )


def panels(facts: Facts, named: Namer) -> tuple[Ranking | Curves, ...]:
    """Return all other breakdowns: provider, person, tag, months side by side, response times, errors."""
    return tuple(_panels(facts, named))


def certainty(totals: Totals) -> Strip:
    """Return how much of the cost a provider told, was computed from prices and is an estimate; and the unknown."""
    computed = totals.cost - totals.billed_cost - totals.estimated_cost
    parts = (
        ("Told by the provider", totals.billed_cost, BILLED),
        ("Computed from list prices", computed, COMPUTED),
        (ESTIMATE, totals.estimated_cost, ESTIMATED),
    )
    bars = [_part(name, amount, totals.cost, colour) for name, amount, colour in parts]
    unpriced = f"{show.count(totals.unpriced_runs)} of {show.runs(totals.runs)}"
    return Strip("Where the cost comes from", (*bars, Bar("Cost not known", unpriced, 0, OTHER)))


def _panels(facts: Facts, named: Namer) -> Iterator[Ranking | Curves]:
    report = facts.report
    yield _ranking("By provider", report.by_provider, facts, provider_name)
    if report.by_user:
        yield _ranking("By person", report.by_user, facts, str)
    if report.by_tag:
        yield _by_tag(facts)
    yield _side_by_side(facts)
    yield _times(facts, named)
    yield _errors(facts)


def _ranking(
    title: str,
    groups: Sequence[Group],
    facts: Facts,
    named: Namer,
    *,
    shown: int = SHOWN,
    colour: Callable[[str], str] = lambda key: ACCENT,
    last: Sequence[_Value] = (),
) -> Ranking:
    """The largest groups, the others folded, and `last` whatever belongs to none."""
    measure, whole = facts.measure, facts.measure.of(facts.report.totals)
    values = [_Value(_name(group.key, named), measure.of(group.totals), colour(group.key)) for group in groups]
    largest = sorted((one for one in values if one.value), key=lambda one: -one.value)
    ranked = [*_folded(largest, shown - len(last)), *last]
    longest = max((one.value for one in ranked), default=_NOTHING)
    bars = [
        Bar(
            one.name, f"{measure.reads(one.value)} · {_share(one.value, whole)}", float(one.value / longest), one.colour
        )
        for one in ranked
    ]
    return Ranking(title, tuple(bars))


def _folded(ranked: Sequence[_Value], shown: int) -> list[_Value]:
    rest = ranked[shown:]
    if not rest:
        return list(ranked)
    return [*ranked[:shown], _Value(f"Other ({len(rest)})", sum((one.value for one in rest), _NOTHING), OTHER)]


def _by_tag(facts: Facts) -> Ranking:
    """The tag that most of the month bears, and what does not bear it."""
    measure = facts.measure
    borne = {
        name: sum((measure.of(group.totals) for group in groups), _NOTHING)
        for name, groups in facts.report.by_tag.items()
    }
    name = max(borne, key=lambda one: borne[one])
    without = measure.of(facts.report.totals) - borne[name]
    last = [_Value("Without this tag", without, OTHER)] if without else []
    return _ranking(f"By tag “{visible(name)}”", facts.report.by_tag[name], facts, str, last=last)


def _side_by_side(facts: Facts) -> Curves:
    measure, before = facts.measure, whole_month(facts.month - timedelta(1))
    curves = [_curve(facts, facts.days, THIS_MONTH), _curve(facts, before, MONTH_BEFORE)]
    if facts.forecast and measure is COST:
        curves.insert(1, _foreseen(facts.forecast, facts.days.last.day))
    return Curves("Beside the month before", tuple(curves), measure.prefix)


def _curve(facts: Facts, days: Days, colour: str) -> Curve:
    values = {one.day: facts.measure.of(one) for one in facts.report.days}
    sums = list(accumulate(values.get(day, _NOTHING) for day in _calendar(days)))
    return Curve(f"{days.first:%B} {facts.measure.reads(sums[-1])}", colour, tuple(map(float, sums)))


def _foreseen(forecast: Forecast, day: int) -> Curve:
    sums = accumulate((value for _, value in forecast.left), initial=forecast.so_far)
    so_far, today, *rest = map(float, sums)
    name = f"expected {show.money(forecast.expected)}"
    return Curve(name, THIS_MONTH, (so_far, *rest) if rest else (today,), first=day, dotted=True)


def _times(facts: Facts, named: Namer) -> Ranking:
    timed = [group for group in facts.report.by_model if group.totals.p50_latency_ms is not None]
    ranked = sorted(timed, key=lambda group: (-group.totals.runs, group.key))[: SHOWN + 1]
    longest = max((group.totals.p95_latency_ms or 0 for group in ranked), default=0) or 1
    bars = [_time(group, longest, _name(group.key, named), _colour(group.key, facts)) for group in ranked]
    return Ranking("Response time, median to 95th percentile", tuple(bars), "No run was timed.")


def _time(group: Group, longest: float, name: str, colour: str) -> Bar:
    median, slow = group.totals.p50_latency_ms or 0, group.totals.p95_latency_ms or 0
    return Bar(name, f"{show.duration(median)} · {show.duration(slow)}", median / longest, colour, slow / longest)


def _errors(facts: Facts) -> Ranking:
    kinds = [_Value(visible(fault_name(code)), Decimal(runs), ERRORS) for code, runs in facts.report.error_kinds]
    ranked = _folded(kinds, SHOWN)
    longest = max((one.value for one in ranked), default=_NOTHING)
    bars = [Bar(one.name, show.count(int(one.value)), float(one.value / longest), one.colour) for one in ranked]
    return Ranking("Failed runs by kind", tuple(bars), "No run failed.")


def _part(name: str, amount: Decimal, whole: Decimal, colour: str) -> Bar:
    reads = show.money(amount, estimated=name == ESTIMATE and bool(amount))
    return Bar(name, f"{reads} · {_share(amount, whole)}", float(amount / whole) if whole else 0.0, colour)


def _share(part: Decimal, whole: Decimal) -> str:
    return show.share(float(part / whole) if whole else None)


def _calendar(days: Days) -> tuple[date, ...]:
    return tuple(days.first + timedelta(number) for number in range((days.last - days.first).days + 1))


def _name(key: str, named: Namer) -> str:
    return visible(named(key)) or FOLDED if key != OTHERS else FOLDED


def _colour(key: str, facts: Facts) -> str:
    return OTHER if key == OTHERS else facts.colours.get(key) or model_colour(key)


def _alt(facts: Facts, title: str) -> str:
    days = {
        one.day: facts.measure.of(one) for one in facts.report.days if facts.days.first <= one.day <= facts.days.last
    }
    top = max(days, key=lambda day: days[day], default=facts.days.first)
    whole = facts.measure.reads(facts.measure.of(facts.report.totals))
    return f"{title}: {whole} in all, most on {day_name(top)} ({facts.measure.reads(days.get(top, _NOTHING))})"
