"""One provider in the list of the page Keys: how it stands, and what can be done."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import User
from core.domain.providers import Verdict
from core.domain.runs import Payer
from core.errors import LabError
from core.lab import current
from core.services.key_table import Standing
from pages.components import keys_words as words
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.keys_dialogs import (
    ask_to_change,
    ask_to_remove_key,
    ask_to_remove_provider,
    ask_to_save,
    tell,
)

CHECKED_ICONS = {
    Verdict.ACCEPTED: ":material/check:",
    Verdict.REFUSED: ":material/block:",
    Verdict.UNREACHED: ":material/cloud_off:",
}


def draw_standing(user: User, standing: Standing, zone: ZoneInfo, now: datetime) -> None:
    """Draw a provider with the lab's key, or without one."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"provider-{standing.name}"):
        st.markdown(_told(standing, zone, now), width="stretch")
        with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center"):
            _draw_actions(user, standing)


def draw_check(user: User, payer: Payer, standing: Standing) -> None:
    """Draw the button that asks the provider about the key in use, and tell what it said."""
    if not st.button("Check", key=f"check-{payer}-{standing.name}", type="tertiary", help="Ask the provider about it"):
        return
    try:
        with st.spinner("Asking …"):
            checked = current().keys.check(user, payer, standing.name)
    except LabError as error:
        st.toast(literal(error.message), icon=ICON)
    else:
        tell(checked.sentence, CHECKED_ICONS[checked.verdict])


def _told(standing: Standing, zone: ZoneInfo, now: datetime) -> str:
    head = f"**{literal(standing.display_name)}** `{literal(standing.name)}` {words.mark(standing)}"
    facts = [words.place(standing), *words.facts(standing, zone, now), words.own_keys(standing)]
    lines = [head, f":small[:gray[{' · '.join(filter(None, facts))}]]"]
    if failure := words.failure(standing, zone, now):
        lines.append(f":small[:red[{literal(failure)}]]")
    return "  \n".join(lines)


def _draw_actions(user: User, standing: Standing) -> None:
    if standing.enabled and (standing.stored or standing.given) and not standing.embedded:
        draw_check(user, Payer.LAB, standing)
    if standing.enabled and not standing.embedded:
        label = "Replace key" if standing.stored else "Store key"
        st.button(label, key=f"store-{standing.name}", on_click=ask_to_save, args=(standing, Payer.LAB))
    if standing.stored or standing.added:
        with st.popover("", icon=":material/more_horiz:", type="tertiary", help="More", key=f"more-{standing.name}"):
            _draw_more(user, standing)


def _draw_more(user: User, standing: Standing) -> None:
    name = standing.name
    if standing.stored:
        args = (standing, Payer.LAB)
        st.button("Remove key", key=f"unkey-{name}", type="tertiary", on_click=ask_to_remove_key, args=args)
    if standing.added:
        st.button("Edit provider", key=f"edit-{name}", type="tertiary", on_click=ask_to_change, args=(standing.added,))
        _draw_switch(user, standing)
        st.button(
            "Remove provider", key=f"remove-{name}", type="tertiary", on_click=ask_to_remove_provider, args=(standing,)
        )


def _draw_switch(user: User, standing: Standing) -> None:
    assert standing.added
    label = "Switch off" if standing.enabled else "Switch on"
    if st.button(label, key=f"switch-{standing.name}", type="tertiary", help="Its keys and its runs stay as they are."):
        try:
            current().providers.switch(user, standing.added, enabled=not standing.enabled)
        except LabError as error:
            st.toast(literal(error.message), icon=ICON)
        else:
            tell(f"{standing.display_name} is switched {'off' if standing.enabled else 'on'}.")
