"""The foot of the sidebar: who is signed in, what is left of the month, the way out."""

import streamlit as st

from core import lab
from core.domain.accounts import User
from core.domain.web import SIGNED_OUT_PATH
from core.services.runs import Allowance
from pages.components import session
from pages.components.budget_notices import draw_notices
from pages.components.format import literal, money, runs
from pages.components.redirect import leave_for


def show(user: User) -> None:
    """Draw the foot for `user`."""
    with st.sidebar:
        draw_notices(user)
        _show_allowance(lab.current().runs.allowance(user))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/person: {literal(user.username)}  \n:small[:gray[{user.tier.title()}]]")
            if st.button("Sign out", icon=":material/logout:", type="tertiary"):
                sign_out(user)


def sign_out(user: User) -> None:
    """End the session and the user's runs in flight, forget everything, and leave the page."""
    lab.current().runs.stop_all(user)
    lab.current().accounts.sign_out(session.token())
    session.forget()
    leave_for(SIGNED_OUT_PATH)
    st.stop()


def _show_allowance(allowance: Allowance) -> None:
    spent = f"{money(allowance.spent_this_month)} spent this month"
    if allowance.runs_limit is None:
        st.caption(f"{runs(allowance.runs_used)} · {spent}")
    else:
        left = max(allowance.runs_limit - allowance.runs_used, 0)
        st.progress(left / max(allowance.runs_limit, 1), text=f":small[{runs(left)} left · {spent}]")
