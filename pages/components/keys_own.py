"""One's own keys: a provider a line, with what its key is used for."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import User
from core.domain.runs import Payer
from core.lab import current
from core.services.key_table import Standing
from pages.components import keys_words as words
from pages.components.format import literal
from pages.components.keys_dialogs import ask_to_remove_key, ask_to_save, draw_key_dialog
from pages.components.keys_list import check, draw_menu

ABOUT = (
    "A run goes with your own key where you have stored one, and you pay for it. It counts in your history and in the "
    "figures, apart, and in no budget. Your tier still says which models you may use."
)


def draw_own_keys(user: User, zone: ZoneInfo, now: datetime) -> None:
    """Draw the whole section."""
    st.subheader("Your own keys")
    st.caption(ABOUT)
    with st.container(border=True):
        for standing in current().key_table.of(user):
            _draw_own(user, standing, zone, now)
    draw_key_dialog(user)


def _draw_own(user: User, standing: Standing, zone: ZoneInfo, now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_told(standing, zone, now), width="stretch")
        with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center"):
            args = (standing, Payer.OWN)
            label = "Replace key" if standing.stored else "Store key"
            st.button(label, key=f"own-{standing.name}", on_click=ask_to_save, args=args)
            if standing.stored:
                asking = partial(check, user, Payer.OWN, standing)
                draw_menu(standing.name, {"Check key": asking, "Remove key": partial(ask_to_remove_key, *args)})


def _told(standing: Standing, zone: ZoneInfo, now: datetime) -> str:
    if standing.stored is None:
        paid = "The lab's key serves." if standing.given else "The lab has no key for it."
        return f"**{literal(standing.display_name)}**  \n:small[:gray[{paid}]]"
    lines = [
        f"**{literal(standing.display_name)}** {words.mark(standing)}",
        f":small[:gray[{' · '.join(words.facts(standing, zone, now, own=True))}]]",
    ]
    if failure := words.failure(standing, zone, now):
        lines.append(f":small[:red[{literal(failure)}]]")
    return "  \n".join(lines)
