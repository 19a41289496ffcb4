"""How full a budget is, as a small picture that light and dark pages bear alike."""

from decimal import Decimal

from core.domain.budgets import THRESHOLDS, BudgetState
from core.domain.palette import OTHER

WIDTH, HEIGHT = 600, 12
IN_A_TILE = 6
CALM, NEAR, FULL = "#0072B2", "#E69F00", "#D55E00"


def bar(state: BudgetState, height: int = HEIGHT) -> str:
    """Return an SVG of so much height to its width: what is spent, paler what is reserved, and a tick at each threshold
    below the limit."""
    spent, used = _place(state, state.spent), _place(state, state.used)
    colour = FULL if state.percent >= 100 else NEAR if state.percent >= 80 else CALM
    ticks = "".join(
        f'<rect x="{WIDTH * percent / 100 - 1:.1f}" width="2" height="{height}" fill="{OTHER}" fill-opacity="0.7"/>'
        for percent in THRESHOLDS
        if percent < 100
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
        f'<clipPath id="ends"><rect width="{WIDTH}" height="{height}" rx="{height / 2}"/></clipPath>'
        f'<g clip-path="url(#ends)"><rect width="{WIDTH}" height="{height}" fill="{OTHER}" fill-opacity="0.2"/>'
        f'<rect width="{used:.1f}" height="{height}" fill="{colour}" fill-opacity="0.45"/>'
        f'<rect width="{spent:.1f}" height="{height}" fill="{colour}"/>{ticks}</g></svg>'
    )


def _place(state: BudgetState, amount: Decimal) -> float:
    limit = state.budget.limit_usd
    return WIDTH * min(max(float(amount / limit), 0), 1) if limit else WIDTH
