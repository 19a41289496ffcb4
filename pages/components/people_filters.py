"""The filters of the people, all of which live in the URL."""

from collections.abc import Callable

import streamlit as st

from core.domain.access import Role, Tier
from core.domain.people import PeopleFilter
from pages.components.people_place import to_beginning

ROLES = {Role.OPS: "Operations", Role.PM: "Product", Role.ADMIN: "Administrator"}
ENABLED, DISABLED = "enabled", "disabled"
_STATES = {ENABLED: "Enabled", DISABLED: "Disabled"}
_KEYS = ("q", "tier", "role", "state")


def draw_filters() -> PeopleFilter:
    """Draw the row of filters and return what they ask for."""
    with st.container(horizontal=True, gap="xsmall"):
        text = st.text_input(
            "Name",
            key="q",
            bind="query-params",
            placeholder="Part of a name",
            icon=":material/search:",
            max_chars=100,
            width="stretch",
            label_visibility="collapsed",
            on_change=to_beginning,
        )
        tier = _choice("Tier", "tier", [one.value for one in Tier], str.title)
        role = _choice("Role", "role", [one.value for one in Role], lambda name: ROLES[Role(name)])
        state = _choice("State", "state", list(_STATES), _STATES.__getitem__)
    return PeopleFilter(
        text=text.strip() or None,
        tier=Tier(tier) if tier else None,
        role=Role(role) if role else None,
        enabled=None if state is None else state == ENABLED,
    )


def filtered() -> bool:
    """Return whether any filter is set."""
    return any(st.session_state.get(key) for key in _KEYS)


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = "" if key == "q" else None
    to_beginning()


def _choice(label: str, key: str, options: list[str], named: Callable[[str], str]) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=named,
        key=key,
        bind="query-params",
        placeholder=label,
        width=150,
        label_visibility="collapsed",
        on_change=to_beginning,
    )
