"""The way to the report of a month: a popover in which a month is chosen, and links to its page and its PDF."""

from datetime import date, timedelta

import streamlit as st

from core.domain.accounts import User
from core.domain.web import REPORTS_PATH

OFFERED = 24
"""How many months are offered, this one included."""


def draw_monthly_report(user: User, today: date) -> None:
    """Draw the popover. The links lead to the report that `user` may read, in a tab of its own."""
    with st.popover("Monthly report", icon=":material/description:"):
        month = st.selectbox(
            "Month",
            months(today),
            format_func=lambda month: _name(month, today),
            key=f"report-of-{user.id}",
            help="One page to print or to send, with the exact figures of the ledger.",
        )
        path = f"{REPORTS_PATH}/{month:%Y-%m}"
        with st.container(horizontal=True):
            st.link_button("Open as a page", f"{path}.html", icon=":material/open_in_new:")
            st.link_button("Download PDF", f"{path}.pdf", icon=":material/download:")


def months(today: date) -> list[date]:
    """Return the first days of the months that are offered, the newest first."""
    found = [today.replace(day=1)]
    while len(found) < OFFERED:
        found.append((found[-1] - timedelta(1)).replace(day=1))
    return found


def _name(month: date, today: date) -> str:
    return f"{month:%B %Y}{' so far' if month == today.replace(day=1) else ''}"
