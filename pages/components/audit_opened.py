"""One note, opened: who did what to what, and what was changed, before and after."""

import streamlit as st

from core.domain.accounts import User
from core.domain.audit import KeptNote
from core.errors import NotFound
from core.lab import current
from pages.components import format as show
from pages.components.audit_place import close
from pages.components.audit_words import Names, differences, named, others


def draw_opened(user: User, note_id: int) -> None:
    """Draw the note of that number, or that there is none."""
    try:
        note, names = current().audit.open(user, note_id)
    except NotFound as error:
        st.info(error.message, icon=":material/search_off:")
        st.button("Back to the list", icon=":material/arrow_back:", on_click=close)
        return
    with st.container(border=True):
        _draw_head(note, names)
        _draw_changes(note, names)
        _draw_others(note, names)
        _draw_ids(note, names)


def _draw_head(note: KeptNote, names: Names) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{show.literal(named(note.actor, names))}** · {show.literal(note.act)}", width="content")
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
    st.markdown(show.literal(named(note.subject, names)))
    at = show.when(note.at, current().settings.timezone)
    st.caption(show.literal(at), help=show.exact_utc(note.at), width="content")


def _draw_changes(note: KeptNote, names: Names) -> None:
    rows = differences(note, names)
    if rows:
        st.table(
            {
                "Changed": [show.literal(name) for name, _, _ in rows],
                "Before": [show.literal(before) for _, before, _ in rows],
                "After": [f"**{show.literal(after)}**" for _, _, after in rows],
            },
            border="horizontal",
            hide_index=True,
            alt="What was changed, before and after",
        )


def _draw_others(note: KeptNote, names: Names) -> None:
    rows = others(note, names)
    if rows:
        st.table(
            {
                "Detail": [show.literal(name) for name, _ in rows],
                "Value": [show.literal(one) for _, one in rows],
            },
            border="horizontal",
            hide_index=True,
            alt="What else was noted",
        )
    elif not note.details:
        st.caption("Nothing more was noted.")


def _draw_ids(note: KeptNote, names: Names) -> None:
    told = [f"note {note.id}"]
    told += [f"{names[one]} is {one}" for one in dict.fromkeys((note.actor, note.subject)) if one in names]
    st.caption(show.literal(" · ".join(told)))
