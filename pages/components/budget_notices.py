"""The quiet line in the sidebar about budgets near their limits, which may be put away until the next threshold."""

from datetime import UTC, datetime

import streamlit as st

from core import lab
from core.domain.access import Role
from core.domain.accounts import User
from core.domain.budgets import BudgetState
from core.services.budgets import Found
from pages.components import budget_words as words
from pages.components.format import literal

SEEN = "budgets-seen"


def draw_notices(user: User) -> None:
    """Draw what is to be told to `user`: the budget nearest to its limit, and how many others there are."""
    found = _nearing(user.id, user.role, user)
    news = [state for state in found.states if not _is_seen(state)]
    if not news:
        return
    told = words.notice(news[0], lab.current().settings.timezone, datetime.now(UTC), may_raise=user.role is Role.ADMIN)
    others = found.count - len(found.states) + len(news) - 1
    with st.container(border=True, gap="xsmall", key="budget-notice"):
        st.markdown(f":small[:material/savings: {literal(told)}]")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            more = f"Budgets ({others} more)" if others else "Budgets"
            st.page_link("budgets.py", label=more, icon=":material/arrow_forward:")
            st.button(
                "Hide",
                key="hide-budgets",
                type="tertiary",
                help="Until the next threshold is passed",
                on_click=_hide,
                args=(news,),
            )


def forget() -> None:
    """Ask anew how the budgets stand: one of them has been changed."""
    _nearing.clear()


@st.cache_data(ttl=5, max_entries=1000, show_spinner=False)
def _nearing(user_id: str, role: str, _user: User) -> Found:
    return lab.current().budgets.nearing(_user)


def _is_seen(state: BudgetState) -> bool:
    seen: dict[object, int] = st.session_state.get(SEEN, {})
    return seen.get(_key(state), 0) >= (state.threshold or 0)


def _hide(states: list[BudgetState]) -> None:
    st.session_state.setdefault(SEEN, {}).update({_key(state): state.threshold for state in states})


def _key(state: BudgetState) -> object:
    return state.budget.id, state.starts
