"""The history's list: a page of runs, the ways to newer and older ones, and what stands there when there are none."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from core.domain.accounts import User
from core.domain.queries import HistoryFilter, HistoryPage
from core.lab import current
from pages.components import history_filters as filters
from pages.components.history_place import NEWER, OLDER, Place, close, go
from pages.components.history_table import draw_table


def draw_list(user: User, chosen: HistoryFilter, at: Place, people: Mapping[str, str], everybody: bool) -> None:
    """Draw the page of runs at which the URL stands. `people` are the user names by user id, where they are told."""
    lab = current()
    with st.skeleton(height=400):
        page = lab.history.page(user, chosen, everybody=everybody, older_than=at.older_than, newer_than=at.newer_than)
    if chosen.text is not None and not chosen.wordless:
        st.caption(_searched(page.texts_since))
    if page.rows:
        draw_table(page.rows, people, "Everybody's runs, newest first" if everybody else "Your runs, newest first")
        _draw_ways(page)
    elif page.newer or page.older:
        st.markdown("No run lies on this side of the place that you went to.", width="content")
        _draw_ways(page)
    else:
        _draw_nothing(chosen)


def draw_held() -> None:
    """Draw that a run is held to be compared with the one that is opened next."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown("Open the run to compare with: any one, on any page, behind any filter.", width="stretch")
        st.button("Do not compare", icon=":material/close:", type="tertiary", on_click=close)


def _draw_ways(page: HistoryPage) -> None:
    newer, older = page.newer, page.older
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        told = "Tick two runs to compare them." if len(page.rows) > 1 else ""
        st.caption(told if older else f"No older runs: this is the end. {told}", width="content")
        with st.container(horizontal=True, width="content"):
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


def _searched(since: datetime | None) -> str:
    """What was searched: of the texts, those that are kept."""
    if since is None:
        return "No texts are kept to be searched: they are cleared when their retention has passed."
    day = since.astimezone(current().settings.timezone)
    return (
        f"Prompts are searched from {day.day} {day:%B %Y} on, word by word from their beginnings. "
        "The texts of older runs have been cleared."
    )


def _draw_nothing(chosen: HistoryFilter) -> None:
    """Say what will stand here, with the one click towards it."""
    with st.container(border=True, horizontal_alignment="center"):
        if chosen.wordless:
            st.markdown("There is no word in this search. Type letters or digits.", width="content")
        elif filters.filtered():
            st.markdown("No run fits these filters.", width="content")
        if filters.filtered():
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=filters.clear)
        else:
            st.markdown("Every run stands here, with its prompt, its answer and what it cost.", width="content")
            st.page_link("playground.py", label="Make the first one", icon=":material/chat:")
