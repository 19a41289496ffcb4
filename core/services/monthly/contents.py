"""What a monthly report says, put together from the facts of the month. Pure: nothing is read here."""

from core.domain import figures as show
from core.domain.models import short_names
from core.services.monthly.breakdowns import certainty, columns, models, panels
from core.services.monthly.facts import Facts, span, whole_month
from core.services.monthly.headlines import headlines, notes
from core.services.monthly.lettering import visible
from core.services.monthly.sheet import Figures, Sheet
from core.services.monthly.tables import table

SOURCE = (
    "Source: the lab's ledger (table llm_usage_logs), every run that has ended; runs under way are in no figure. The "
    "sums are brought into step with the ledger before they are read and never rounded on the way: the exact costs in "
    "the table equal the ledger to the last digit. Response times come from histograms and are off by 7% at most."
)


def sheet_of(facts: Facts) -> Sheet:
    """Return the page that tells `facts`."""
    return Sheet(
        title=f"{facts.month:%B %Y}",
        whose=visible(facts.whose),
        subtitle=_subtitle(facts),
        figures=_figures(facts) if facts.report.totals.runs else None,
        empty=_empty(facts),
        foot=(_made(facts), SOURCE),
    )


def _figures(facts: Facts) -> Figures:
    named = short_names(group.key for group in facts.report.by_model).__getitem__
    return Figures(
        headlines=headlines(facts),
        notes=notes(facts, named),
        columns=columns(facts, named),
        models=models(facts, named),
        strip=certainty(facts.report.totals),
        panels=panels(facts, named),
        table=table(facts.report, facts.colours),
    )


def _subtitle(facts: Facts) -> str:
    if facts.month > facts.today:
        return ""
    last = whole_month(facts.month).last
    said = f"{span(facts.days)}, still running" if facts.running else f"1 – {last.day} {facts.month:%B}"
    return f"{said}, beside {span(facts.beside)}" if facts.beside else said


def _empty(facts: Facts) -> str:
    if facts.month > facts.today:
        return f"{facts.month:%B %Y} has not begun yet."
    return f"Nothing was run in {facts.month:%B %Y}, so nothing was spent."


def _made(facts: Facts) -> str:
    made = f"{show.when(facts.made_at, facts.zone)} ({show.exact_utc(facts.made_at)})"
    return f"Reporting zone {facts.zone.key}. Made on {made}. Money in US dollars; ≈ marks what is partly an estimate."
