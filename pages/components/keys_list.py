"""One provider in the list of the page Keys: how it stands, and what can be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import User
from core.domain.providers import AddedProvider, Verdict
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


def draw_menu(name: str, acts: Mapping[str, Callable[[], None]]) -> None:
    """Draw the menu of what else can be done, if anything can, and do what is chosen."""
    if acts and (chosen := st.menu_button("More", list(acts), key=f"more-{name}", type="tertiary")):
        acts[chosen]()


def check(user: User, payer: Payer, standing: Standing) -> None:
    """Ask the provider about the key in use, and tell what it said."""
    try:
        with st.spinner("Asking …"):
            checked = current().keys.check(user, payer, standing.name)
    except LabError as error:
        tell(error.message, ICON)
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
    if standing.enabled and not standing.embedded:
        label = "Replace key" if standing.stored else "Store key"
        st.button(label, key=f"store-{standing.name}", on_click=ask_to_save, args=(standing, Payer.LAB))
    draw_menu(standing.name, _acts(user, standing))


def _acts(user: User, standing: Standing) -> dict[str, Callable[[], None]]:
    acts: dict[str, Callable[[], None]] = {}
    if standing.enabled and (standing.stored or standing.given):
        acts["Check key"] = partial(check, user, Payer.LAB, standing)
    if standing.stored:
        acts["Remove key"] = partial(ask_to_remove_key, standing, Payer.LAB)
    if added := standing.added:
        acts["Edit provider"] = partial(ask_to_change, added)
        acts["Switch off" if added.enabled else "Switch on"] = partial(_switch, user, added)
        acts["Remove provider"] = partial(ask_to_remove_provider, standing)
    return acts


def _switch(user: User, added: AddedProvider) -> None:
    try:
        current().providers.switch(user, added, enabled=not added.enabled)
    except LabError as error:
        tell(error.message, ICON)
    else:
        then = "off; its keys and its runs stay as they are" if added.enabled else "on"
        tell(f"{added.display_name} is switched {then}.")
