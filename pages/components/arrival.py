"""Whether a page was just come to, or is drawn once more."""

import streamlit as st

_PAGE, _ARRIVED = "page", "arrived"


def note(page: str) -> None:
    """Note that `page` is drawn now."""
    st.session_state[_ARRIVED] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page


def arrived() -> bool:
    """Return whether the page that is drawn now is another than before."""
    return bool(st.session_state.get(_ARRIVED))
