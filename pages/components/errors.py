"""What is shown when something goes wrong: a plain sentence, and for what nobody foresaw an id to ask about."""

import logging
from secrets import token_hex

import streamlit as st

from core.errors import LabError

ICON = ":material/error:"

log = logging.getLogger(__name__)


def show_unexpected(error: Exception) -> bool:
    """Show an error that ended the run of a page. What is not a `LabError` is logged with an id, and the id shown."""
    if isinstance(error, LabError):
        st.error(error.message, icon=ICON)
        return True
    identity = token_hex(4)
    log.error("unexpected error %s on a page: %s", identity, type(error).__name__)
    st.error(f"Something went wrong on our side. Reload the page; if it stays, ask about **{identity}**.", icon=ICON)
    return True


@st.fragment(run_every=3)
def show_waiting(error: LabError) -> None:
    """Show why the lab cannot serve now, and look again every few seconds."""
    if "waiting" in st.session_state:
        del st.session_state["waiting"]
        st.rerun(scope="app")
    st.session_state["waiting"] = True
    st.info(error.message, icon=":material/hourglass_empty:")
