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

OPEN = "invoice-form"
ABOUT_DAYS = "Days of the reporting zone. Providers mostly count days in UTC, so the edges may differ a little."
ABOUT_FILE = (
    "A CSV with a line for each model: a column “model”, one “cost” or “amount” in USD, and “tokens” if there are any. "
    "Commas or semicolons, currency signs and thousands separators are all understood."
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
    with st.form("invoice"):
        with st.grid("auto", min_column_width=210):
            provider = st.selectbox("Provider", current().invoices.providers(user), format_func=provider_name)
            days = st.date_input("First and last day", (usual.first, usual.last), max_value=today, help=ABOUT_DAYS)
            total = st.text_input(
                "Total in USD", placeholder="1,234.56", autocomplete="off", help="Empty: that of the file."
            )
        file = st.file_uploader("Lines by model", type="csv", help=ABOUT_FILE, max_upload_size=1)
        note = st.text_input("Note", max_chars=MAX_NOTE, placeholder="Invoice number, who sent it", autocomplete="off")
        with st.container(horizontal=True):
            sent = st.form_submit_button("Put beside the ledger")
            st.form_submit_button("Cancel", type="tertiary", on_click=_unfold, args=(False,))
    if sent:
        _add(user, provider, days, total, file.getvalue() if file else None, note)


def _add(user: User, provider: str | None, days: Sequence[date], total: str, file: bytes | None, note: str) -> None:
    try:
        invoice = current().invoices.add(user, provider or "", _days(days), total, file, note)
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
