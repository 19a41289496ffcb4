"""Budgets: how much may be spent by whom and on what, how near that is, and, for administrators, what it shall be."""

from datetime import UTC, datetime

import streamlit as st

from core.domain.access import Role
from core.lab import current
from pages.components.budget_cards import Cards
from pages.components.budget_form import ask_for_new, draw_budget_dialog
from pages.components.session import require_user

user = require_user()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Budgets", anchor=False, width="content")
    if user.role is Role.ADMIN:
        st.button("New budget", icon=":material/add:", on_click=ask_for_new)
st.caption(
    "How much the lab's keys may spend. A run reserves the most that it can cost before it starts; what it really cost "
    "counts when it has ended."
)
Cards(user, current().settings.timezone, datetime.now(UTC)).draw()
if user.role is Role.ADMIN:
    draw_budget_dialog()
