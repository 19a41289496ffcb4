"""What charts count, and how what they count is called."""

from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import assert_never

from core.domain.faults import fault_name as fault_name
from core.domain.models import short_names as short_names
from core.domain.spend import DayTotal, Slice, Totals
from pages.components import format as show

LABEL_CHARACTERS = 34


class Measure(StrEnum):
    """What a chart counts."""

    COST = "Cost"
    RUNS = "Runs"
    TOKENS = "Tokens"

    def of(self, figures: Slice | DayTotal | Totals) -> Decimal:
        """Return this measure of some figures; a cost is in USD."""
        match self:
            case Measure.COST:
                return figures.cost
            case Measure.RUNS:
                return Decimal(figures.runs)
            case Measure.TOKENS:
                return Decimal(figures.total_tokens if isinstance(figures, Totals) else figures.tokens)
        assert_never(self)

    def reads(self, value: Decimal) -> str:
        """Return a value of this measure as people read it."""
        return show.money(value) if self is Measure.COST else show.count(round(value))

    def reads_exactly(self, value: Decimal) -> str:
        """Return a value of this measure with every digit that it has."""
        return show.money_exact(value) if self is Measure.COST else show.count(int(value))

    @property
    def noun(self) -> str:
        """The measure inside a sentence."""
        return self.value.lower()


def chart_label(text: str) -> str:
    """Return `text` for a place in a chart: short, on one line, its HTML escaped, since Plotly reads some."""
    return escape(show.first_words(text, LABEL_CHARACTERS), quote=False)


def in_text_colour(label: str) -> str:
    """Return a chart's text so that it takes the page's text colour in any theme: Plotly hands it on to SVG."""
    return f'<span style="color:currentColor">{label}</span>'
