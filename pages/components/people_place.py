"""Where on the page of people one stands: all of it lives in the URL."""

import streamlit as st

PERSON, PAGE, VIEW = "person", "page", "view"
EVERYBODY, TIERS = "everybody", "tiers"
_VIEWS = {EVERYBODY: "Everybody", TIERS: "Tiers"}
_CHOSEN_VIEW = "people_view"


def draw_view() -> str:
    """Draw the choice between the people and their tiers, and return which it is."""
    view = TIERS if st.query_params.get(VIEW) == TIERS else EVERYBODY
    st.session_state[_CHOSEN_VIEW] = view
    st.segmented_control(
        "What is shown",
        list(_VIEWS),
        required=True,
        format_func=_VIEWS.__getitem__,
        key=_CHOSEN_VIEW,
        on_change=_choose_view,
        label_visibility="collapsed",
    )
    return view


def page_number() -> int:
    """Return which page of people is looked at."""
    number = st.query_params.get(PAGE, "1")
    return max(int(number), 1) if number.isascii() and number.isdecimal() and len(number) < 7 else 1


def go(number: int) -> None:
    """Go to the page of that number. For a callback."""
    st.query_params[PAGE] = str(number)


def to_beginning() -> None:
    """Go to the first page. For a callback."""
    st.query_params.pop(PAGE, None)


def toggle(user_id: str) -> None:
    """Open a person, or close whoever is open. For a callback."""
    if st.query_params.get(PERSON) == user_id:
        close()
    else:
        st.query_params[PERSON] = user_id


def close() -> None:
    """Close the opened person. For a callback."""
    st.query_params.pop(PERSON, None)


def _choose_view() -> None:
    st.query_params.clear()
    if st.session_state[_CHOSEN_VIEW] == TIERS:
        st.query_params[VIEW] = TIERS
