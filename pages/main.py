"""The frame: the way in, the navigation, the foot of the sidebar. Every run of every page begins here."""

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import streamlit as st

from core.domain.access import Role
from core.errors import LabError
from pages.components import errors, session, sidebar, sign_in

ICON = Path(__file__).with_name("components") / "icon.svg"
PAGES = [
    st.Page("playground.py", title="Playground", icon=":material/chat:", default=True),
    st.Page("history.py", title="History", icon=":material/history:"),
    st.Page("stats.py", title="Stats", icon=":material/bar_chart:"),
    st.Page("developers.py", title="API", icon=":material/code:"),
    st.Page("account.py", title="Account", icon=":material/manage_accounts:"),
]
INVOICES = st.Page("invoices.py", title="Invoices", icon=":material/receipt_long:")
ADMINISTRATION: list[Any] = [
    INVOICES,
]
"""For administrators: each of these pages, and each service behind it, refuses everybody else."""
MANAGEMENT = [INVOICES]
"""Those of them that are for product managers as well."""
OFFERED = {"": PAGES, "Administration": ADMINISTRATION}
OFFERED_TO = {Role.ADMIN: OFFERED, Role.PM: {"": PAGES, "Administration": MANAGEMENT}, Role.OPS: {"": PAGES}}
NARROW = ("", "developers", "account")

st.set_page_config(page_title="Testing Lab", page_icon=ICON)  # first, or a page's icon would be asked of another host
try:
    user = session.find_user()
except LabError as error:
    st.navigation(OFFERED, position="hidden")
    errors.show_waiting(error)
    st.stop()
offered = OFFERED_TO[user.role] if user else OFFERED
page = st.navigation(offered, position="sidebar" if user else "hidden")
layout: Literal["wide", "centered"] = "centered" if page.url_path in NARROW else "wide"
st.set_page_config(layout=layout)
if user is None:
    query = urlencode(st.query_params.to_dict())
    sign_in.show(f"/{page.url_path}{'?' if query else ''}{query}")
    st.stop()
st.logo(ICON, size="large")
sidebar.show(user)
page.run()
