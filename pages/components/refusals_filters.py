"""The filters of the refusals, all of which live in the URL.

They have other names there than what links from here ask of their pages: Streamlit takes the names of a page's widgets
out of the URL when the page is left.
"""

from datetime import date

import streamlit as st

from core.domain.accounts import User
from core.domain.refusals import reason_of
from core.lab import current
from core.services.refusals import RefusalsAsked
from pages.components.refusals_place import to_beginning

_KEYS = ("refused", "why", "days")


def draw_filters(user: User) -> RefusalsAsked:
    """Draw the row of filters and return what they ask for."""
    with st.container(horizontal=True, gap="xsmall"):
        person = st.text_input(
            "Person",
            key="refused",
            bind="query-params",
            placeholder="Person",
            icon=":material/person:",
            max_chars=100,
            width=220,
            label_visibility="collapsed",
            help="A user name or an id, whole.",
            on_change=to_beginning,
        )
        code = st.selectbox(
            "Why",
            current().refusals.codes(user),
            index=None,
            format_func=lambda code: reason_of(code).title,
            key="why",
            bind="query-params",
            placeholder="Why",
            width=280,
            label_visibility="collapsed",
            on_change=to_beginning,
        )
        days = st.date_input(
            "Days", [], key="days", bind="query-params", width=226, label_visibility="collapsed", on_change=to_beginning
        )
    first, last = _ends(days)
    return RefusalsAsked(person.strip() or None, code, first, last)


def filtered() -> bool:
    """Return whether any filter is set."""
    return any(st.session_state.get(key) for key in _KEYS)


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = {"days": (), "refused": ""}.get(key)
    to_beginning()


def _ends(days: tuple[date, ...]) -> tuple[date | None, date | None]:
    return (days[0], days[-1]) if days else (None, None)
