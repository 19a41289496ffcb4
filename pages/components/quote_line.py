"""The quiet line under the composer: what the next run will take, kept true at each keystroke by the browser."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.domain.budgets import BudgetState
from core.domain.usage import BYTES_PER_TOKEN
from core.services.runs import Quote
from pages.components import budget_words
from pages.components.format import runs

_LINE = st.components.v2.component(
    "quote_line",
    html='<div id="quote"></div>',
    css="""
#quote {
  min-height: 1.4em;
  font: 400 0.875rem/1.4 var(--st-font);
  color: var(--st-text-color);
  opacity: 0.7;
}
""",
    js=(Path(__file__).parent / "quote_line.js").read_text(),
)


def draw_quote(quote: Quote, runs_left: int | None, room: BudgetState | None = None, *, has_history: bool) -> None:
    """Draw the line. `quote` is for an empty prompt; the browser adds what is being written, by the same rule.

    `has_history` tells whether something is sent beside the prompt. `runs_left` None is no limit. `room` is the
    budget that the run would come up against first.
    """
    _LINE(
        key="quote",
        data={
            "input_tokens": quote.input_tokens,
            "output_tokens": quote.max_output_tokens,
            "worst_case_usd": float(quote.worst_case_usd),
            "input_usd_per_million": float(quote.input_usd_per_million),
            "bytes_per_token": BYTES_PER_TOKEN,
            "has_history": has_history,
            "rest": "" if runs_left is None else f" · {runs(runs_left)} left this month",
            "budget": _budget(room) if room else None,
        },
    )


def _budget(room: BudgetState) -> dict[str, Any]:
    where, left = budget_words.room(room), budget_words.left(room)
    return {"left_usd": float(room.left), "left": left, "where": where, "hard": room.budget.hard}
