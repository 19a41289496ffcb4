"""The list of notes, made to be scanned; a click opens one beside it."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.domain.audit import NotePage
from core.lab import current
from core.services.audit import NotesAsked
from pages.components import audit_filters as filters
from pages.components import format as show
from pages.components.audit_place import NEWER, OLDER, close, go, opened, place, toggle
from pages.components.audit_words import in_short, named

ROW_HEIGHT = 36
MOST_SHOWN = 18
DETAIL_CHARACTERS = 160

_WIDE = ("When", "Who", "Did", "To", "Details")
_NARROW = ("When", "Who", "Did", "To")


def draw_list(user: User, asked: NotesAsked) -> None:
    """Draw the page of notes at which the URL stands."""
    at = place()
    with st.skeleton(height=400):
        page = current().audit.page(user, asked, older_than=at.older_than, newer_than=at.newer_than)
    if page.notes:
        _draw_table(page)
        _draw_ways(page)
    elif page.newer or page.older:
        st.markdown("No note lies on this side of the place that you went to.", width="content")
        _draw_ways(page)
    else:
        _draw_nothing()


def _draw_table(page: NotePage) -> None:
    ids = [note.id for note in page.notes]
    key = f"notes-{ids[0]}-{len(ids)}"
    st.session_state[key] = {"selection": {"rows": [ids.index(one) for one in ids if one == opened()]}}
    st.dataframe(
        _frame(page),
        column_order=_WIDE if opened() is None else _NARROW,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(ids), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _select(key, ids),
        selection_mode=["single-row", "single-cell"],
        alt="Who did what, newest first",
    )


def _select(key: str, ids: list[int]) -> None:
    """Open what a click or a tick says, or close what is open.

    After a click on a cell the browser tells of the tick that came of it, some other time: that changes nothing.
    """
    selection = st.session_state[key].selection
    ticked = [ids[row] for row in selection.rows]
    if selection.cells:
        toggle(ids[selection.cells[0][0]])
    elif ticked != [opened()]:
        toggle(ticked[0]) if ticked else close()


def _frame(page: NotePage) -> pd.DataFrame:
    zone, now, names = current().settings.timezone, datetime.now(UTC), page.names
    return pd.DataFrame(
        {
            "When": [show.when(note.at, zone, now=now) for note in page.notes],
            "Who": [named(note.actor, names) for note in page.notes],
            "Did": [note.act for note in page.notes],
            "To": [named(note.subject, names) for note in page.notes],
            "Details": [show.first_words(in_short(note, names), DETAIL_CHARACTERS) for note in page.notes],
        }
    )


def _draw_ways(page: NotePage) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("" if page.older else "No older notes: this is the beginning of the log.", width="content")
        with st.container(horizontal=True, width="content"):
            newer, older = page.newer, page.older
            st.button(
                "Newer",
                icon=":material/chevron_left:",
                disabled=newer is None,
                on_click=go,
                args=(NEWER, newer),
            )
            st.button(
                "Older",
                icon=":material/chevron_right:",
                icon_position="right",
                disabled=older is None,
                on_click=go,
                args=(OLDER, older),
            )


def _draw_nothing() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if filters.filtered():
            st.markdown("No note fits these filters.", width="content")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=filters.clear)
        else:
            st.markdown(
                "Every change that an administrator makes, and every look at another's texts, stands here.",
                width="content",
            )


_COLUMNS: dict[str, Any] = {
    "When": st.column_config.TextColumn(width=110),
    "Who": st.column_config.TextColumn(width=110),
    "Did": st.column_config.TextColumn(width=130),
    "To": st.column_config.TextColumn(width=190),
    "Details": st.column_config.TextColumn(width=520),
}
