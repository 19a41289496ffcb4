"""One person's data, found by name: all of it as a file, and erasing whose it is."""

import streamlit as st

from core.domain.accounts import User
from core.domain.web import PEOPLE_PATH
from core.errors import LabError
from core.lab import current
from core.services.privacy import Subject
from pages.components import format as show
from pages.components.privacy_dialogs import Erasing, ask

TAKEN = "Take all data · JSON"


def draw_person(user: User) -> None:
    """Draw the search, and the person who is found."""
    name = st.text_input(
        "User name",
        key="person",
        bind="query-params",
        placeholder="Whose data?",
        icon=":material/person_search:",
        max_chars=100,
        help="The user name or the id, whole.",
    ).strip()
    if not name:
        st.caption("Find a person to hand over all that is kept about them, or to erase them when they ask for it.")
        return
    try:
        found = current().privacy.find(user, name)
    except LabError as error:
        st.info(error.message, icon=":material/search_off:")
    else:
        _draw_found(found)


def draw_file(person_id: str) -> None:
    """Draw the link to the file of all that is kept about a person."""
    st.link_button(TAKEN, f"{PEOPLE_PATH}/{person_id}/data", icon=":material/download:")


def _draw_found(found: Subject) -> None:
    zone = current().settings.timezone
    with st.container(border=True):
        state = "" if found.enabled or found.erased_at else " · disabled"
        since = f"{found.role}{state} · since {show.when(found.created_at, zone)} · {found.id}"
        st.markdown(f"**{show.literal(found.username)}**  \n:small[:gray[{show.literal(since)}]]")
        if found.erased_at:
            at = show.literal(show.when(found.erased_at, zone))
            st.caption(f"Erased {at}. What the runs cost is kept under the id.")
        with st.container(horizontal=True):
            draw_file(found.id)
            if not found.erased_at:
                asked = (Erasing(found.id, found.username),)
                st.button("Erase …", icon=":material/person_remove:", on_click=ask, args=asked)
        st.caption("Both are noted in the audit log.")
