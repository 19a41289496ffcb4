"""The filters of the audit log, all of which live in the URL."""

from datetime import date
from typing import Literal

import streamlit as st

from core.domain.accounts import User
from core.lab import current
from core.services.audit import NotesAsked
from pages.components.audit_place import to_beginning

_KEYS = ("who", "act", "subject", "days", "q")


def draw_filters(user: User) -> NotesAsked:
    """Draw the row of filters and return what they ask for."""
    audit = current().audit
    with st.container(horizontal=True, gap="xsmall"):
        who = _draw_who(audit.actors(user))
        act = _choice("What was done", "act", audit.acts(user))
        subject = _field("To what or whom", "subject", ":material/adjust:", 190, "A name, a model or an id, whole.")
        days = st.date_input(
            "Days", [], key="days", bind="query-params", width=226, label_visibility="collapsed", on_change=to_beginning
        )
        words = _field("Words in it", "q", ":material/search:", "stretch", "In the subject and the details.")
    first, last = _ends(days)
    return NotesAsked(who, act, subject or None, first, last, words or None)


def filtered() -> bool:
    """Return whether any filter is set."""
    return any(st.session_state.get(key) for key in _KEYS)


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = {"days": (), "q": "", "subject": ""}.get(key)
    to_beginning()


def _draw_who(actors: dict[str, str] | None) -> str | None:
    """Draw the choice of who did it; where they are too many to choose from, a field for a name."""
    if actors is None:
        return _field("Who", "who", ":material/person:", 170, "A user name, whole.") or None
    return _choice("Who", "who", sorted(actors.values(), key=str.lower))


def _choice(label: str, key: str, options: list[str]) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        key=key,
        bind="query-params",
        placeholder=label,
        width=170,
        label_visibility="collapsed",
        on_change=to_beginning,
    )


def _field(label: str, key: str, icon: str, width: int | Literal["stretch"], help_text: str) -> str:
    return st.text_input(
        label,
        key=key,
        bind="query-params",
        placeholder=label,
        icon=icon,
        max_chars=200,
        width=width,
        label_visibility="collapsed",
        help=help_text,
        on_change=to_beginning,
    ).strip()


def _ends(days: tuple[date, ...]) -> tuple[date | None, date | None]:
    return (days[0], days[-1]) if days else (None, None)
