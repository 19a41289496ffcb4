"""The frame: the way in, the navigation, the foot of the sidebar. Every run of every page begins here."""

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import streamlit as st

from core.domain.access import Role
from core.errors import LabError
from core.services.password_links import PARAMETER
from pages.components import arrival, errors, password_link, session, sidebar, sign_in

ICON = Path(__file__).with_name("components") / "icon.svg"
PAGES = [
    st.Page("playground.py", title="Playground", icon=":material/chat:", default=True),
    st.Page("history.py", title="History", icon=":material/history:"),
    st.Page("stats.py", title="Stats", icon=":material/bar_chart:"),
    st.Page("developers.py", title="API", icon=":material/code:"),
    st.Page("account.py", title="Account", icon=":material/manage_accounts:"),
]
PRICES = st.Page("prices.py", title="Prices", icon=":material/sell:")
BUDGETS = st.Page("budgets.py", title="Budgets", icon=":material/savings:")
INVOICES = st.Page("invoices.py", title="Invoices", icon=":material/receipt_long:")
ADMINISTRATION: list[Any] = [
    st.Page("people.py", title="People", icon=":material/group:"),
    st.Page("keys.py", title="Keys", icon=":material/key:"),
    PRICES,
    BUDGETS,
    INVOICES,
    st.Page("refusals.py", title="Refusals", icon=":material/block:"),
    st.Page("audit.py", title="Audit", icon=":material/fact_check:"),
    st.Page("privacy.py", title="Privacy", icon=":material/shield_person:"),
]
"""For administrators: each of these pages, and each service behind it, refuses everybody else."""
MANAGEMENT = [PRICES, BUDGETS, INVOICES]
"""Those of them that are for product managers as well; everybody sees the budgets that concern them."""
OFFERED = {"": PAGES, "Administration": ADMINISTRATION}
OFFERED_TO = {
    Role.ADMIN: OFFERED,
    Role.PM: {"": PAGES, "Administration": MANAGEMENT},
    Role.OPS: {"": [*PAGES[:3], BUDGETS, *PAGES[3:]]},
}
NARROW = ("", "developers", "account")

st.set_page_config(page_title="Testing Lab", page_icon=ICON)  # first, or a page's icon would be asked of another host
try:
    user = session.find_user()
except LabError as error:
    st.navigation(OFFERED, position="hidden")
    errors.show_waiting(error)
    st.stop()
offered = OFFERED_TO[user.role] if user else OFFERED
code = st.query_params.get(PARAMETER)
page = st.navigation(offered, position="sidebar" if user and not code else "hidden", expanded=True)
layout: Literal["wide", "centered"] = "centered" if page.url_path in NARROW else "wide"
st.set_page_config(layout=layout)
if code:
    password_link.show(code)
    st.stop()
if user is None:
    query = urlencode(st.query_params.to_dict())
    sign_in.show(f"/{page.url_path}{'?' if query else ''}{query}")
    st.stop()
st.logo(ICON, size="large")
sidebar.show(user)
arrival.note(page.url_path)
page.run()
