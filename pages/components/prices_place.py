"""Where on the page of prices one stands: all of it lives in the URL."""

import streamlit as st

MODEL, PAGE, VIEW = "priced", "page", "view"
PRICES, ANEW = "prices", "repricing"
_VIEWS = {PRICES: "Prices", ANEW: "Repricing"}
_CHOSEN_VIEW = "prices_view"


def draw_view() -> str:
    """Draw the choice between the prices of now and pricing past runs anew, and return which it is."""
    view = ANEW if st.query_params.get(VIEW) == ANEW else PRICES
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
    """Return which page of models is looked at."""
    number = st.query_params.get(PAGE, "1")
    return max(int(number), 1) if number.isascii() and number.isdecimal() and len(number) < 7 else 1


def go(number: int) -> None:
    """Go to the page of that number. For a callback."""
    st.query_params[PAGE] = str(number)


def to_beginning() -> None:
    """Go to the first page. For a callback."""
    st.query_params.pop(PAGE, None)


def toggle(model_id: str) -> None:
    """Open a model, or close it if it is open. For a callback."""
    if st.query_params.get(MODEL) == model_id:
        close()
    else:
        st.query_params[MODEL] = model_id


def close() -> None:
    """Close the opened model. For a callback."""
    st.query_params.pop(MODEL, None)


def _choose_view() -> None:
    st.query_params.clear()
    if st.session_state[_CHOSEN_VIEW] == ANEW:
        st.query_params[VIEW] = ANEW
