"""The budget of what a report shows: as a tile below its headlines, and as a line across its chart over time."""

from collections.abc import Sequence

import streamlit as st

from core.domain.budgets import BudgetPeriod, BudgetState
from core.domain.spend import Grain
from pages.components import budget_words as words
from pages.components import format as show
from pages.components.budget_bar import IN_A_TILE, bar
from pages.components.charts import Bound
from pages.components.measure import Measure


def draw_tile(budgets: Sequence[BudgetState]) -> None:
    """Draw the month's budget, or else the first of the others; nothing where there is none."""
    ranked = sorted(budgets, key=lambda state: state.budget.period is not BudgetPeriod.MONTH)
    for state in ranked[:1]:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**Budget** {show.literal(words.standing(state))}")
            st.image(bar(state, IN_A_TILE), width="stretch", alt=words.standing(state))


def bound(budgets: Sequence[BudgetState], grain: Grain, measure: Measure) -> Bound | None:
    """Return the lowest limit of what is spent in slices of that length; None where there is none."""
    fitting = [
        state.budget for state in budgets if state.budget.period.value == grain.value and measure is Measure.COST
    ]
    lowest = min(fitting, key=lambda budget: budget.limit_usd, default=None)
    return Bound(lowest.limit_usd, f"Budget: {show.money(lowest.limit_usd)} a {grain}") if lowest else None
