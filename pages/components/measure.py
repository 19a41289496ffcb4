"""What charts count, and how what they count is called."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import assert_never

from core.domain.spend import Slice, Totals
from pages.components import format as show

LABEL_CHARACTERS = 34

_FAULTS = {"tls": "TLS", "provider": "Provider error", "internal": "Internal error", "unknown": "Not known"}


class Measure(StrEnum):
    """What a chart counts."""

    COST = "Cost"
    RUNS = "Runs"
    TOKENS = "Tokens"

    def of(self, figures: Slice | Totals) -> Decimal:
        """Return this measure of some figures; a cost is in USD."""
        match self:
            case Measure.COST:
                return figures.cost
            case Measure.RUNS:
                return Decimal(figures.runs)
            case Measure.TOKENS:
                return Decimal(figures.tokens if isinstance(figures, Slice) else figures.total_tokens)
        assert_never(self)

    def reads(self, value: Decimal) -> str:
        """Return a value of this measure as people read it."""
        return show.money(value) if self is Measure.COST else show.count(int(value))


def fault_name(code: str) -> str:
    """Return a fault's code in words: `rate_limited` reads `Rate limited`."""
    words = code.replace("_", " ")
    return _FAULTS.get(code) or words[:1].upper() + words[1:]


def short_names(model_ids: Iterable[str]) -> dict[str, str]:
    """Return for each model the last part of its name, or the whole where two would read alike."""
    ids = list(dict.fromkeys(model_ids))
    tails = [model_id.rpartition("/")[2] for model_id in ids]
    return {one: tail if tail and tails.count(tail) == 1 else one for one, tail in zip(ids, tails, strict=True)}


def chart_label(text: str) -> str:
    """Return `text` for a place in a chart: short, on one line, its HTML escaped, since Plotly reads some."""
    return escape(show.first_words(text, LABEL_CHARACTERS), quote=False)


def in_text_colour(label: str) -> str:
    """Return a chart's text so that it takes the page's text colour in any theme: Plotly hands it on to SVG."""
    return f'<span style="color:currentColor">{label}</span>'
