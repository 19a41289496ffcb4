"""One invoice beside the ledger: the verdict, the figures, the difference by model, and what can be done with it."""

from contextlib import suppress
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.domain.invoices import MAX_NOTE, REST, Comparison, Invoice, ModelRow
from core.errors import LabError, NotFound
from core.lab import current
from core.services.invoices import comparison_file
from core.services.names import provider_name
from pages.components import format as show
from pages.components import periods
from pages.components.errors import ICON
from pages.components.invoices_list import close_invoice

_AMOUNTS = ("Invoice", "Ledger", "Difference", "Estimated")


def draw_opened(user: User, invoice_id: str) -> None:
    """Draw an invoice whole."""
    try:
        comparison = current().invoices.open(user, invoice_id)
    except NotFound as error:
        st.info(error.message, icon=":material/search_off:")
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close_invoice)
        return
    with st.container(border=True):
        _draw_head(comparison)
        reasons = " ".join(comparison.reasons)
        st.markdown(f"**{show.literal(comparison.headline)}** {show.literal(reasons)}")
        _draw_figures(comparison)
        _draw_table(comparison)
        _draw_note(user, comparison.invoice)
        _draw_steps(user, comparison)


def _draw_head(comparison: Comparison) -> None:
    invoice = comparison.invoice
    zone = current().settings.timezone
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        title = f"{provider_name(invoice.provider)}, {periods.reads(invoice.days)}"
        st.subheader(show.literal(title), anchor=False, width="content")
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close_invoice)
    who = current().accounts.names().get(invoice.added_by, invoice.added_by)
    told = f"Added by {who} on {show.when(invoice.added_at, zone)} · days of {zone.key}"
    st.caption(show.literal(told), help=show.exact_utc(invoice.added_at))


def _draw_figures(comparison: Comparison) -> None:
    figures = (
        ("Invoice", comparison.invoice.total_usd, "The total that was charged."),
        ("Ledger", comparison.recorded, "What the runs of these days cost, without users' own keys."),
        ("Difference", comparison.difference, "The invoice less the ledger."),
        ("Estimated", comparison.estimated, "How much of the ledger no provider told."),
        ("Own keys", comparison.own_key, "Left out: what users paid themselves is on their own invoices."),
    )
    with st.grid("auto", min_column_width=150, gap="xsmall"):
        for label, amount, about in figures:
            with st.container(border=True, height="stretch"):
                exact = f"{show.money_exact(amount)}. {about}"
                st.metric(label, show.literal(show.money(amount)), help=show.literal(exact))


def _draw_table(comparison: Comparison) -> None:
    if not comparison.rows:
        return
    if not comparison.invoice.lines:
        st.caption("This invoice has no lines by model, so only its total can be compared.")
    frame = pd.DataFrame([_row(row, comparison.invoice) for row in comparison.rows])
    texts: Any = {name: show.money_exact for name in _AMOUNTS}
    st.dataframe(
        frame.style.format(texts, na_rep=show.UNKNOWN),
        column_config={"Model": st.column_config.TextColumn(width=240)},
        hide_index=True,
        placeholder=show.UNKNOWN,
        alt="Invoice and ledger by model",
    )


def _row(row: ModelRow, invoice: Invoice) -> dict[str, Any]:
    told = row.invoiced is not None or invoice.lines
    return {
        "Model": row.model.partition("/")[2] if row.model != REST else "In no line: fees, taxes, credits",
        "Invoice": row.invoiced,
        "Ledger": row.recorded,
        "Difference": row.difference if told else None,
        "Estimated": row.estimated or None,
    }


def _draw_note(user: User, invoice: Invoice) -> None:
    with st.form(f"note-{invoice.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input("Note", invoice.note, max_chars=MAX_NOTE, autocomplete="off")
        sent = st.form_submit_button("Save note")
    if sent:
        try:
            current().invoices.annotate(user, invoice.id, note)
        except LabError as error:
            st.error(show.literal(error.message), icon=ICON)
        else:
            st.toast("The note is saved.", icon=":material/check:")


def _draw_steps(user: User, comparison: Comparison) -> None:
    invoice = comparison.invoice
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Comparison as CSV",
            lambda: comparison_file(comparison),
            f"invoice-{invoice.provider}-{invoice.days.first}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            type="tertiary",
        )
        with st.popover("Remove", icon=":material/delete:", type="tertiary"):
            st.markdown("The invoice, its lines and its note are removed. The ledger stays as it is.")
            if st.button("Remove this invoice"):
                _remove(user, invoice)


def _remove(user: User, invoice: Invoice) -> None:
    with suppress(NotFound):  # another tab was first
        current().invoices.remove(user, invoice.id)
    close_invoice()
    st.rerun()
