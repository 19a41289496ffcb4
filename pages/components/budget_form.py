"""The dialog that sets a budget, or changes one. It stays open with all that was written until it is saved or left."""

from dataclasses import dataclass

import streamlit as st

from core.domain.accounts import User
from core.domain.budgets import MAX_NAME, BudgetPeriod, BudgetScope, BudgetState, Plan
from core.errors import LabError
from core.lab import current
from pages.components import budget_notices
from pages.components import budget_words as words
from pages.components.errors import ICON
from pages.components.format import literal, money_exact
from pages.components.session import require_administrator

OPEN, TOLD = "budget-dialog", "budget-told"
HARD, SOFT = "Refuse runs that could pass it", "Only tell those concerned"
EXAMPLES = {BudgetScope.USER: "User name", BudgetScope.MODEL: "openai/gpt-4o-mini", BudgetScope.TAG: "team: search"}


@dataclass(frozen=True, slots=True)
class Editing:
    """The budget that is about to be changed; None is a new one."""

    state: BudgetState | None = None


def ask_for_new() -> None:
    """Open the dialog that sets a budget."""
    st.session_state[OPEN] = Editing()


def ask_to_change(state: BudgetState) -> None:
    """Open the dialog that changes a budget."""
    st.session_state[OPEN] = Editing(state)


def draw_budget_dialog() -> None:
    """Draw the dialog if it is open, and tell what the one before it did."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(literal(told), icon=":material/savings:")
    if editing := st.session_state.get(OPEN):
        title = "Change the budget" if editing.state else "New budget"
        st.dialog(title, on_dismiss=_close)(_draw_form)(editing)


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _draw_form(editing: Editing) -> None:
    user, before = require_administrator(), editing.state
    scope = _draw_scope(before)
    member = _draw_member(user, scope, before)
    limit, period, hard = _draw_limit(before), _draw_period(before), _draw_end(before)
    usual = words.suggested(scope, member, period)
    name = st.text_input(
        "Name", before.budget.name if before else "", max_chars=MAX_NAME, placeholder=usual, autocomplete="off",
        key="budget-name",  # without one, what is written would go with each new placeholder
        help="People read it when a run of theirs is refused.",
    )  # fmt: skip
    if st.button("Save", icon=":material/check:", key="save-budget"):
        _save(user, before, Plan(name.strip() or usual, scope, member, period, limit, hard))


def _draw_scope(before: BudgetState | None) -> BudgetScope:
    scopes = list(BudgetScope)
    start = scopes.index(before.budget.scope) if before else 0
    chosen = st.selectbox(
        "It is for", scopes, start, format_func=words.SCOPES.__getitem__, filter_mode=None, key="budget-scope"
    )
    return chosen or BudgetScope.LAB


def _draw_member(user: User, scope: BudgetScope, before: BudgetState | None) -> str:
    """Draw the field that says which one, and what is to be said of what stands there; it offers what is known."""
    if scope is BudgetScope.LAB:
        return ""
    known = words.subject(before) if before and before.budget.scope is scope else None
    members = current().budgets.members
    label = words.SCOPES[scope].removeprefix("A ").capitalize()
    if scope is BudgetScope.USER:
        return st.text_input(label, known or "", placeholder=EXAMPLES[scope], autocomplete="off", key="budget-person")
    offered = members.offered(user, scope)
    options = offered if known is None or known in offered else [known, *offered]
    chosen = st.selectbox(
        label,
        options,
        options.index(known) if known else None,
        key=f"budget-{scope}",
        placeholder=EXAMPLES.get(scope, "Choose one"),
        accept_new_options=scope is not BudgetScope.PROVIDER,
    )
    if chosen and (remark := members.remark(user, scope, chosen)):
        st.caption(f":material/info: {literal(remark)}")
    return chosen or ""


def _draw_limit(before: BudgetState | None) -> str:
    known = money_exact(before.budget.limit_usd).lstrip("$") if before else ""
    return st.text_input("Limit in US dollars", known, placeholder="250.00", autocomplete="off", key="budget-limit")


def _draw_period(before: BudgetState | None) -> BudgetPeriod:
    periods = list(BudgetPeriod)
    start = periods.index(before.budget.period if before else BudgetPeriod.MONTH)
    return st.radio(
        "It lasts", periods, start, format_func=words.EACH.__getitem__, horizontal=True, key="budget-period"
    )


def _draw_end(before: BudgetState | None) -> bool:
    """Draw the choice of what a budget does when it is used up, and return whether it refuses."""
    chosen = st.radio(
        "When it is used up",
        [HARD, SOFT],
        int(before is not None and not before.budget.hard),
        key="budget-hard",
        help="A run reserves the most that it can cost before it starts, so runs that begin at once cannot pass the "
        "limit together. Runs that cost nothing are never refused.",
    )
    return chosen == HARD


def _save(user: User, before: BudgetState | None, plan: Plan) -> None:
    try:
        if before:
            current().budgets.change(user, before.budget.id, plan)
        else:
            current().budgets.add(user, plan)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
    else:
        _close()
        st.session_state[TOLD] = f"“{plan.name}” is {'changed' if before else 'set'}. It counts from now on."
        budget_notices.forget()
        st.rerun()
