"""The list of invoices, each with its difference from the ledger, and what is still to be told of estimated costs."""

from math import ceil

import streamlit as st

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.invoices import Beside
from core.lab import current
from core.services.invoices import PAGE_SIZE
from core.services.names import provider_name
from pages.components import format as show
from pages.components import periods

INVOICE, PROVIDER, NUMBER = "invoice", "sent_by", "page-of-invoices"


def opened_id() -> str | None:
    """Return the id of the invoice that the URL opens, if it opens one."""
    return st.query_params.get(INVOICE)


def open_invoice(invoice_id: str) -> None:
    """Open an invoice."""
    st.query_params[INVOICE] = invoice_id


def close_invoice() -> None:
    """Close the opened invoice. For a callback."""
    st.query_params.pop(INVOICE, None)


def draw_filter(user: User) -> str | None:
    """Draw the choice of a provider, and return it; None is all of them."""
    names = {provider_name(name): name for name in current().invoices.providers(user)}
    chosen = st.selectbox(
        "Provider",
        list(names),
        index=None,
        key=PROVIDER,
        bind="query-params",
        on_change=_to_first_page,
        placeholder="All providers",
        width=180,
        label_visibility="collapsed",
    )
    return names.get(chosen or "")


def draw_list(user: User, opened: str | None, sent_by: str | None) -> None:
    """Draw a page of the list, the latest days first, or what will stand there."""
    page = current().invoices.page(user, sent_by, st.session_state.get(NUMBER, 1))
    if not page.total:
        _draw_nothing(filtered=sent_by is not None)
        return
    with st.container(border=True):
        for row in page.rows:
            _draw_row(row, opened=str(row.invoice.id) == opened)
    if page.total > PAGE_SIZE:
        st.pagination(ceil(page.total / PAGE_SIZE), key=NUMBER)


def draw_outstanding(user: User) -> None:
    """Draw how many estimates still wait for what a provider billed, where any do."""
    outstanding = current().lookups.outstanding
    if told := outstanding_reads(outstanding.pending, outstanding.given_up):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f":material/hourglass_empty: {told}", width="content")
            if outstanding.given_up and user.role is Role.ADMIN:
                st.button("Ask again", type="tertiary", on_click=_ask_again, args=(user,))


def outstanding_reads(pending: int, given_up: int) -> str:
    """Return how many estimates wait for their bill, in a sentence or two; nothing where none does."""
    one = pending == 1
    waits = "waits for its bill; until then its cost is" if one else "wait for their bills; until then their costs are"
    told = [f"{show.runs(pending)} that broke off {waits} {'an estimate' if one else 'estimates'}."] if pending else []
    stays = "its cost stays an estimate" if given_up == 1 else "their costs stay estimates"
    told += [f"The bill of {show.runs(given_up)} was never told: {stays}."] if given_up else []
    return " ".join(told)


def _ask_again(user: User) -> None:
    current().lookups.ask_again(user)


def _to_first_page() -> None:
    st.session_state.pop(NUMBER, None)


def _draw_row(row: Beside, *, opened: bool) -> None:
    invoice = row.invoice
    title = f"**{show.literal(provider_name(invoice.provider))}** · {periods.reads(invoice.days)}"
    told = [row.told, f"invoice {show.money(invoice.total_usd)}", f"ledger {show.money(row.recorded)}"]
    told += [show.first_words(invoice.note, 60)] if invoice.note else []
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{title}  \n:small[:gray[{show.literal(' · '.join(told))}]]", width="stretch")
        key, id = f"open-{invoice.id}", str(invoice.id)
        st.button("Open", key=key, type="tertiary", disabled=opened, on_click=open_invoice, args=(id,))


def _draw_nothing(*, filtered: bool) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if filtered:
            st.markdown("No invoice of this provider is here.", width="content")
        else:
            st.markdown(
                "Invoices stand here, each beside what the ledger holds of the same days. Add a total, or a CSV of its "
                "lines by model, and see where the two differ.",
                width="content",
            )
