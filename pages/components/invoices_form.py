"""The form that puts a provider's invoice beside the ledger. What was typed stays there until it is accepted."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.domain.accounts import User
from core.domain.invoices import MAX_NOTE, month_before
from core.domain.spend import Days
from core.errors import InvalidRequest, LabError
from core.lab import current
from core.services.names import provider_name
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.invoices_list import open_invoice
from pages.components.text_file import choose_text

OPEN, LINES = "invoice-form", "invoice-lines"
EXAMPLE = "model,cost,tokens\ngpt-4o-mini,12.34,81000000\ngpt-4o,0.56,224000"
ABOUT_DAYS = "Days of the reporting zone. Providers mostly count days in UTC, so the edges may differ a little."
ABOUT_TOTAL = "What was charged in all. Empty: the sum of the lines."
ABOUT_LINES = (
    "CSV, or cells copied from a spreadsheet. The first line names the columns: “model”, “cost” or “amount” in USD, "
    "and “tokens” if there are any. Semicolons, currency signs and thousands separators are all understood."
)


def is_open() -> bool:
    """Return whether the form is shown."""
    return bool(st.session_state.get(OPEN))


def draw_new() -> None:
    """Draw the button that shows the form."""
    st.button("Add an invoice", icon=":material/add:", disabled=is_open(), on_click=_unfold, args=(True,))


def draw_form(user: User, today: date) -> None:
    """Draw the form, and keep the invoice when it is sent."""
    usual = month_before(today)
    with st.container(border=True):
        choose_text("Lines by model, where the provider gives them", LINES)
        with st.form("invoice", border=False):
            lines = st.text_area("Or paste them", key=LINES, placeholder=EXAMPLE, height=120, help=ABOUT_LINES)
            with st.grid("auto", min_column_width=210):
                provider = st.selectbox("Provider", current().invoices.providers(user), format_func=provider_name)
                days = st.date_input("First and last day", (usual.first, usual.last), max_value=today, help=ABOUT_DAYS)
                total = st.text_input("Total in USD", placeholder="1,234.56", autocomplete="off", help=ABOUT_TOTAL)
                note = st.text_input(
                    "Note", max_chars=MAX_NOTE, placeholder="Its number, who sent it", autocomplete="off"
                )
            with st.container(horizontal=True):
                sent = st.form_submit_button("Put beside the ledger")
                st.form_submit_button("Cancel", type="tertiary", on_click=_unfold, args=(False,))
        if sent:
            _add(user, provider, days, total, lines, note)


def _add(user: User, provider: str | None, days: Sequence[date], total: str, lines: str, note: str) -> None:
    try:
        invoice = current().invoices.add(user, provider or "", _days(days), total, lines, note)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
    else:
        _unfold(False)
        open_invoice(str(invoice.id))
        st.rerun()


def _days(chosen: Sequence[date]) -> Days:
    if len(chosen) != 2:
        raise InvalidRequest("Choose the first and the last day of the invoice.")
    return Days(*chosen)


def _unfold(unfolded: bool) -> None:
    st.session_state[OPEN] = unfolded
