"""What the lab keeps about oneself: the own refused runs, and all of it as a file."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import User
from pages.components.privacy_person import draw_file
from pages.components.refusals_own import draw_own


def draw_data(user: User, zone: ZoneInfo, now: datetime) -> None:
    """Draw both sections."""
    draw_own(user, zone, now)
    st.subheader("Your data")
    with st.container(border=True):
        st.markdown(
            "All that is kept about you, in one file: account, sessions, tokens by name, templates, runs with their "
            "texts as long as these are kept, refusals, and who looked at what is yours."
        )
        draw_file(user.id)
        st.caption("To be erased, ask an administrator.")
