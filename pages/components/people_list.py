"""The list of people: made to be scanned, a click opens one."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.domain.people import PeopleFilter, Person
from core.lab import current
from core.services.people import PAGE_SIZE
from pages.components import format as show
from pages.components.people_filters import ROLES, clear, filtered
from pages.components.people_place import PERSON, close, go, page_number, toggle

ROW_HEIGHT = 36
MOST_SHOWN = 18
PLACE_WIDTH, MOST_PLACES = 40, 7
_NARROW = ("Name", "Tier", "Runs")
"""The columns beside an opened person."""

_CHOSEN_PAGE = "people_page"


def draw_list(user: User, wanted: PeopleFilter) -> None:
    """Draw the page of people at which the URL stands."""
    number = page_number()
    with st.skeleton(height=400):
        page = current().people.page(user, wanted, number)
    if page.people:
        _draw_table(page.people)
    elif page.total:
        st.markdown("There are fewer people than that.", width="content")
    else:
        _draw_nothing()
    if page.total:
        _draw_ways(page.total, number)


def _draw_table(people: list[Person]) -> None:
    ids, opened = [person.user.id for person in people], st.query_params.get(PERSON)
    key = f"people-{ids[0]}-{len(ids)}"
    st.session_state[key] = {"selection": {"rows": [ids.index(opened)] if opened in ids else []}}
    st.dataframe(
        _frame(people),
        column_order=_NARROW if opened else None,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(people), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _select(key, ids),
        selection_mode=["single-row", "single-cell"],
        alt="The people with an account, by name",
    )


def _select(key: str, ids: list[str]) -> None:
    """Open whom a click or a tick says, or close who is open.

    After a click on a cell the browser tells of the tick that came of it, some other time: that changes nothing.
    """
    selection = st.session_state[key].selection
    ticked = [ids[row] for row in selection.rows]
    if selection.cells:
        toggle(ids[selection.cells[0][0]])
    elif ticked != [st.query_params.get(PERSON)]:
        toggle(ticked[0]) if ticked else close()


def _frame(people: list[Person]) -> pd.DataFrame:
    zone, now = current().settings.timezone, datetime.now(UTC)

    def at(instant: datetime | None) -> str:
        return show.when(instant, zone, now=now) if instant else show.UNKNOWN

    return pd.DataFrame(
        {
            "Name": [person.user.username for person in people],
            "Tier": [person.user.tier.title() for person in people],
            "Role": [ROLES[person.user.role] for person in people],
            "State": ["" if person.user.enabled else "Disabled" for person in people],
            "Runs": [show.count(person.runs) for person in people],
            "Spent": [show.money(person.cost) for person in people],
            "Last seen": [at(person.last_seen_at) for person in people],
            "Since": [at(person.user.created_at) for person in people],
        }
    )


def _draw_ways(total: int, number: int) -> None:
    pages = ceil(total / PAGE_SIZE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = "person" if total == 1 else "people"
        st.caption(f"{show.count(total)} {noun}. Runs and spend are of this month.", width="content")
        if pages > 1:
            st.session_state[_CHOSEN_PAGE] = min(number, pages)
            st.pagination(
                pages,
                key=_CHOSEN_PAGE,
                width=PLACE_WIDTH * (min(pages, MOST_PLACES) + 2),
                on_change=lambda: go(st.session_state[_CHOSEN_PAGE]),
            )


def _draw_nothing() -> None:
    """Say what will stand here, with the one click towards it."""
    with st.container(border=True, horizontal_alignment="center"):
        if filtered():
            st.markdown("Nobody fits these filters.", width="content")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear)
        else:
            st.markdown("Whoever has an account stands here.", width="content")


_COLUMNS: dict[str, Any] = {
    "Name": st.column_config.TextColumn(width=200),
    "Tier": st.column_config.TextColumn(width=100),
    "Role": st.column_config.TextColumn(width=110),
    "State": st.column_config.TextColumn(width=84),
    "Runs": st.column_config.TextColumn(width=80, alignment="right"),
    "Spent": st.column_config.TextColumn(width=84, alignment="right"),
    "Last seen": st.column_config.TextColumn(width=118),
    "Since": st.column_config.TextColumn(width=118),
}
