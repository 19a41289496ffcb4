"""The list of refusals, the latest first; a click tells beside it why, and what would help."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.domain.refusals import RefusalPage, reason_of
from core.lab import current
from core.services.refusals import RefusalsAsked
from pages.components import format as show
from pages.components import refusals_filters as filters
from pages.components.refusals_opened import draw_opened
from pages.components.refusals_place import after, close, go, opened, to_beginning, toggle, written

ROW_HEIGHT = 36
MOST_SHOWN = 18

_WIDE = ("When", "Person", "Model", "Why", "Times", "What it said")
_NARROW = ("When", "Person", "Why", "Times")


def draw_list(user: User, asked: RefusalsAsked) -> None:
    """Draw the page at which the URL stands, and the opened refusal beside it."""
    start = after()
    with st.skeleton(height=400):
        page = current().refusals.page(user, asked, older_than=start)
    chosen = next((one for one in page.refusals if written(one) == opened()), None)
    if not page.refusals:
        _draw_nothing(start is not None)
    elif chosen is None:
        _draw_page(page, started=start is not None)
    else:
        beside, here = st.columns([3, 2])
        with beside:
            _draw_page(page, started=start is not None)
        with here:
            draw_opened(chosen, page.names.get(chosen.user_id))


def _draw_page(page: RefusalPage, *, started: bool) -> None:
    keys = [written(one) for one in page.refusals]
    key = f"refusals-{keys[0]}-{len(keys)}"
    st.session_state[key] = {"selection": {"rows": [keys.index(one) for one in keys if one == opened()]}}
    st.dataframe(
        _frame(page),
        column_order=_NARROW if opened() in keys else _WIDE,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(keys), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _select(key, keys),
        selection_mode=["single-row", "single-cell"],
        alt="Refused runs, the latest first",
    )
    _draw_ways(page, started=started)


def _select(key: str, keys: list[str]) -> None:
    """Open what a click or a tick says, or close what is open.

    After a click on a cell the browser tells of the tick that came of it, some other time: that changes nothing.
    """
    selection = st.session_state[key].selection
    ticked = [keys[row] for row in selection.rows]
    if selection.cells:
        toggle(keys[selection.cells[0][0]])
    elif ticked != [opened()]:
        toggle(ticked[0]) if ticked else close()


def _frame(page: RefusalPage) -> pd.DataFrame:
    zone, now, all = current().settings.timezone, datetime.now(UTC), page.refusals
    return pd.DataFrame(
        {
            "When": [show.when(one.minute, zone, now=now) for one in all],
            "Person": [person(one.user_id, page.names) for one in all],
            "Model": [one.model_id for one in all],
            "Why": [reason_of(one.code).title for one in all],
            "Times": [show.count(one.times) for one in all],
            "What it said": [show.first_words(one.message or None, 160) for one in all],
        }
    )


def person(user_id: str, names: Mapping[str, str]) -> str:
    """Return the name of whose id it is; of erased people the id."""
    return names.get(user_id, user_id)


def _draw_ways(page: RefusalPage, *, started: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("Equal refusals within a minute are one line. They are kept for 90 days.", width="content")
        with st.container(horizontal=True, width="content"):
            st.button("Latest", icon=":material/first_page:", disabled=not started, on_click=to_beginning)
            st.button(
                "Older",
                icon=":material/chevron_right:",
                icon_position="right",
                disabled=page.older is None,
                on_click=go,
                args=(page.older,),
            )


def _draw_nothing(started: bool) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if started:
            st.markdown("Nothing older was refused.", width="content")
            st.button("Latest", icon=":material/first_page:", on_click=to_beginning)
        elif filters.filtered():
            st.markdown("No refusal fits these filters.", width="content")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=filters.clear)
        else:
            st.markdown(
                "Nothing was refused. Runs that a tier, a limit, a budget or a missing key holds back stand here.",
                width="content",
            )


_COLUMNS: dict[str, Any] = {
    "When": st.column_config.TextColumn(width=110),
    "Person": st.column_config.TextColumn(width=110),
    "Model": st.column_config.TextColumn(width=180),
    "Why": st.column_config.TextColumn(width=210),
    "Times": st.column_config.TextColumn(width=60, alignment="right"),
    "What it said": st.column_config.TextColumn(width=420),
}
