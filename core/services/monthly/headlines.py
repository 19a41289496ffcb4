"""The headlines of a month, and the sentences under them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from core.domain import figures as show
from core.domain.outliers import Outlier
from core.domain.spend import Group, Totals
from core.services.monthly.facts import Facts, day_name
from core.services.monthly.lettering import visible
from core.services.monthly.sheet import Headline

MOST_OUTLIERS, NAME = 3, 32

Figure = float | Decimal | None


@dataclass(frozen=True, slots=True)
class _Told:
    """A headline: the figure that is compared, how it reads, and how its change reads."""

    label: str
    figure: Callable[[Totals], Figure]
    reads: Callable[[Totals], str]
    change: Callable[..., str | None] = show.change


_TOLD = (
    _Told("Spend", lambda of: of.cost, lambda of: show.money(of.cost, estimated=bool(of.estimated_cost))),
    _Told("Runs", lambda of: of.runs, lambda of: show.count(of.runs)),
    _Told("Tokens", lambda of: of.total_tokens, lambda of: show.compact(of.total_tokens)),
    _Told("Failed", lambda of: of.error_rate, lambda of: show.share(of.error_rate), show.points),
    _Told("Response time", lambda of: of.p50_latency_ms, lambda of: show.duration(of.p50_latency_ms)),
)


def headlines(facts: Facts) -> tuple[Headline, ...]:
    """Return spend, runs, tokens, the share of failed runs and the median response time, beside the month before."""
    return tuple(_headline(told, facts) for told in _TOLD)


def notes(facts: Facts, named: Callable[[str], str]) -> tuple[str, ...]:
    """Return what a reader should not miss: where the month will end, what most went to, days that stood out."""
    return tuple([*_forecast(facts), *_largest(facts, named), *_outliers(facts)])


def _headline(told: _Told, facts: Facts) -> Headline:
    now, before = facts.report.totals, facts.previous
    value = told.reads(now)
    if before is None or not before.runs:
        return Headline(told.label, value, "", f"nothing in {facts.before}")
    change = told.change(told.figure(now), told.figure(before))
    return Headline(told.label, value, change or "", f"{facts.before} {told.reads(before)}")


def _forecast(facts: Facts) -> Iterator[str]:
    foreseen = facts.forecast
    if foreseen is None:
        return
    expected, low, high = (show.money(one) for one in (foreseen.expected, foreseen.low, foreseen.high))
    band = f", likely between {low} and {high}" if low != high else ""
    yield f"If the days left go as their weekdays usually do, the month ends at about {expected}{band}."


def _largest(facts: Facts, named: Callable[[str], str]) -> Iterator[str]:
    report = facts.report
    if not report.totals.cost:
        yield "Nothing was charged this month, so the charts count runs."
        return
    model, whole = report.by_model[0], report.totals
    told = f"{_name(named(model.key))} took {_part(model, whole)} of the spend"
    if len(report.by_user) > 1:
        person = report.by_user[0]
        told = f"{told}; of all people, {_name(person.key)} spent most, {_part(person, whole)}"
    yield f"{told}."


def _name(text: str) -> str:
    return show.first_words(visible(text), NAME)


def _part(group: Group, totals: Totals) -> str:
    return show.share(float(group.totals.cost / totals.cost))


def _outliers(facts: Facts) -> Iterator[str]:
    largest = sorted(facts.outliers, key=lambda one: one.usual - one.value)[:MOST_OUTLIERS]
    told = [_outlier(one) for one in sorted(largest, key=lambda one: one.day)]
    if told:
        yield f"{'A day' if len(told) == 1 else 'Days'} that stood out: {'; '.join(told)}."


def _outlier(one: Outlier) -> str:
    usual = f"{show.money(one.usual)} on such a weekday" if one.usual else "nothing on such a weekday"
    return f"{day_name(one.day)} with {show.money(one.value)}, usually {usual}"
