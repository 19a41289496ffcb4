"""The history's list: a page of runs, the ways to newer and older ones, and what stands there when there are none."""

from datetime import datetime

import streamlit as st

from core.domain.accounts import User
from core.domain.queries import HistoryFilter, HistoryPage
from core.lab import current
from core.services.history import ExportFormat
from pages.components import history_filters as filters
from pages.components.history_table import draw_table

_FORMATS: tuple[tuple[ExportFormat, str], ...] = (("csv", "text/csv"), ("json", "application/json"))


def draw_list(user: User, chosen: HistoryFilter, now: datetime, opened: str | None) -> None:
    """Draw the page of runs at which the URL stands."""
    lab, at = current(), filters.place()
    with st.skeleton(height=400):
        page = lab.history.page(user, chosen, older_than=at.older_than, newer_than=at.newer_than)
    if page.rows:
        draw_table(page.rows, lab.settings.timezone, now, opened)
    else:
        _draw_nothing()
    if page.newer or page.older:
        _draw_ways(page)


def draw_download(user: User, chosen: HistoryFilter) -> None:
    """Draw what downloads all the runs that the filters let through; the file is made when it is asked for."""
    history = current().history
    with st.popover("Download", icon=":material/download:"):
        st.caption("All runs that the filters let through.")
        for form, mime in _FORMATS:

            def data(form: ExportFormat = form) -> bytes:
                return b"".join(history.export(user, chosen, form))

            st.download_button(form.upper(), data, f"runs.{form}", mime, on_click="ignore", type="tertiary")


def _draw_ways(page: HistoryPage) -> None:
    newer, older = page.newer, page.older
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            disabled=newer is None,
            on_click=filters.go,
            args=(filters.NEWER, newer),
        )
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=older is None,
            on_click=filters.go,
            args=(filters.OLDER, older),
        )


def _draw_nothing() -> None:
    """Say what will stand here, with the one click towards it."""
    with st.container(border=True, horizontal_alignment="center"):
        if filters.filtered():
            st.markdown("No run fits these filters.", width="content")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=filters.clear)
        else:
            st.markdown("Every run stands here, with its prompt, its answer and what it cost.", width="content")
            st.page_link("playground.py", label="Make the first one", icon=":material/chat:")
