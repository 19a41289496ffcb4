"""One model: what it costs and why, whether it may be used, and the prices that were set for it."""

from datetime import UTC, datetime

import streamlit as st

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.domain.own_prices import OwnPrice
from core.domain.pricing import Prices, PriceSource
from core.errors import LabError
from core.lab import current
from pages.components import format as show
from pages.components import prices_words as words
from pages.components.errors import ICON
from pages.components.prices_form import TOLD, ask_for_new, ask_to_correct
from pages.components.prices_place import close
from pages.components.run_details import explain_prices


def draw_opened(user: User, model_id: str) -> None:
    """Draw the model whose id stands in the URL."""
    desk = current().prices
    model, listed = desk.model(user, model_id), desk.listed_prices(user, model_id)
    with st.container(border=True):
        _draw_head(user, model)
        _draw_prices(model.prices, listed)
    with st.container(border=True):
        _draw_history(user, model_id, desk.history(user, model_id))


def _draw_head(user: User, model: ModelInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        mark = "" if model.enabled else " :orange-badge[Off]"
        st.subheader(f"{show.literal(model.display_name)}{mark}", anchor=False, width="content")
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
    st.caption(show.literal(model.id))
    if user.role is Role.ADMIN:
        on = st.toggle(
            "May be used",
            model.enabled,
            key=f"enabled-{model.id}-{model.enabled}",
            help="Switched off, it is refused to everybody from the next run on; runs under way go on.",
        )
        if on != model.enabled:
            _switch(user, model, on)


def _switch(user: User, model: ModelInfo, on: bool) -> None:
    try:
        current().prices.switch(user, model.id, enabled=on)
    except LabError as error:
        st.error(show.literal(error.message), icon=ICON)
    else:
        st.session_state[TOLD] = f"{model.display_name} is switched {'on' if on else 'off'}."
        st.rerun()


def _draw_prices(prices: Prices, listed: Prices) -> None:
    """Draw what holds now, and beside it the list's where an administrator set something else."""
    own = prices.source is PriceSource.ADMINISTRATOR and listed != prices
    table = {"Per million": list(words.PARTS), "In force": _column(prices)}
    if own:
        table["By the lists"] = _column(listed)
    if prices.per_request or (own and listed.per_request):
        table["Per million"].append("Per request")
        table["In force"].append(_cell(words.per_request(prices)))
        if own:
            table["By the lists"].append(_cell(words.per_request(listed)))
    st.table(table, border="horizontal", hide_index=True, alt="What the model costs in US dollars")
    cliffs = any(rate and rate.above for rate in (prices.input, prices.output, prices.cached, prices.cache_write))
    steps = " Where two prices stand, the second is for long inputs." if cliffs else ""
    st.caption(show.literal(explain_prices(prices) + steps))


def _column(prices: Prices) -> list[str]:
    rates = [getattr(prices, name) for name in words.PARTS.values()]
    return [_cell(words.rate(rate)) if rate else "As input" for rate in rates]


def _cell(text: str) -> str:
    return show.literal(text)


def _draw_history(user: User, model_id: str, entries: list[OwnPrice]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Prices set here**", width="content")
        if user.role is Role.ADMIN:
            st.button("Set a price", icon=":material/add:", on_click=ask_for_new, args=(model_id,))
    if not entries:
        st.caption("None: the lists decide. A price that is set here holds from its day on, whatever the lists say.")
        return
    names, now = current().accounts.names(), datetime.now(UTC)
    for entry in entries:
        _draw_entry(user, entry, words.state(entry, entries, now), names.get(entry.set_by, entry.set_by), now)


def _draw_entry(user: User, entry: OwnPrice, state: str, by: str, now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        told = f"Set by {by} on {words.when(entry.set_at, now)}{f' · {entry.note}' if entry.note else ''}"
        start = f"**From {show.literal(words.when(entry.starts_at, now))}** {state}"
        line = show.literal(words.in_a_line(entry.prices))
        st.markdown(f"{start}  \n{line}  \n:small[:gray[{show.literal(told)}]]")
        if user.role is Role.ADMIN and entry.starts_at > now:
            with st.container(horizontal=True, width="content", gap="xsmall"):
                st.button("Change", key=f"change-{entry.id}", on_click=ask_to_correct, args=(entry,))
                with st.popover("Remove", key=f"remove-{entry.id}"):
                    st.markdown("It will not take effect. What is in force now goes on.")
                    if st.button("Remove it", key=f"remove-now-{entry.id}"):
                        _remove(user, entry)


def _remove(user: User, entry: OwnPrice) -> None:
    try:
        current().prices.remove(user, entry.model_id, entry.id)
    except LabError as error:
        st.error(show.literal(error.message), icon=ICON)
    else:
        st.session_state[TOLD] = "The price is removed."
        st.rerun()
