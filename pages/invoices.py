"""Invoices: what providers charged beside what the ledger holds of the same days, and where the difference lies."""

from datetime import UTC, datetime

import streamlit as st

from core.errors import LabError
from core.lab import current
from pages.components.errors import ICON
from pages.components.invoices_form import draw_form, draw_new, is_open
from pages.components.invoices_list import draw_filter, draw_list, draw_outstanding, opened_id
from pages.components.invoices_opened import draw_opened
from pages.components.session import require_manager

user = require_manager()
today = datetime.now(UTC).astimezone(current().settings.timezone).date()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Invoices", anchor=False, width="content")
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", width="content"):
        sent_by = draw_filter(user)
        draw_new()
st.caption("What providers charged, beside what the ledger holds of the same days. Users' own keys are left out.")
if is_open():
    draw_form(user, today)
try:
    if opened := opened_id():
        draw_opened(user, opened)
    draw_list(user, opened, sent_by)
except LabError as error:
    st.error(error.message, icon=ICON)
draw_outstanding(user)
