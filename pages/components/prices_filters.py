"""The filters of the prices, all of which live in the URL."""

from collections.abc import Callable

import streamlit as st

from core.domain.accounts import User
from core.domain.pricing import PriceSource
from core.lab import current
from core.services.names import provider_name
from core.services.prices import PriceFilter
from pages.components.prices_place import to_beginning
from pages.components.prices_words import SOURCES

ON, OFF = "on", "off"
_STATES = {ON: "Switched on", OFF: "Switched off"}
_KEYS = ("find", "of", "told_by", "switched")


def draw_filters(user: User) -> PriceFilter:
    """Draw the row of filters and return what they ask for."""
    with st.container(horizontal=True, gap="xsmall"):
        words = st.text_input(
            "Model",
            key="find",
            bind="query-params",
            placeholder="Words of a model's name",
            icon=":material/search:",
            max_chars=100,
            width="stretch",
            label_visibility="collapsed",
            on_change=to_beginning,
        )
        provider = _choice("Provider", "of", current().prices.providers(user), provider_name)
        sources = [source.value for source in SOURCES]
        source = _choice("Source", "told_by", sources, lambda name: SOURCES[PriceSource(name)])
        state = _choice("State", "switched", list(_STATES), _STATES.__getitem__)
    return PriceFilter(
        words=words,
        provider=provider,
        source=PriceSource(source) if source else None,
        enabled=None if state is None else state == ON,
    )


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = "" if key == "find" else None
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
