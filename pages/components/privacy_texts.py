"""How long the texts of runs are kept, and the way to clear at once what is older."""

import streamlit as st

from core.lab import current
from core.services.lab_settings import LONGEST_DAYS
from pages.components.privacy_dialogs import Purging, Shorter, ask, days_told, set_retention

USUAL_DAYS = 30
KEEP, DROP = "Keep them for a time", "Keep none beyond the run"


def draw_texts() -> None:
    """Draw the setting, and the button that clears."""
    st.markdown(
        "Prompts, answers and what providers said of failures are cleared when their time has passed. Figures and "
        "costs stay for good."
    )
    with st.container(border=True):
        _draw_setting(current().lab_settings.retention_days)
    st.button("Clear what is older now …", icon=":material/delete_sweep:", on_click=ask, args=(Purging(),))


def _draw_setting(days: int) -> None:
    choice = st.radio("Texts of runs", [KEEP, DROP], index=0 if days else 1, label_visibility="collapsed")
    chosen = st.number_input(
        "Days",
        1,
        LONGEST_DAYS,
        days or USUAL_DAYS,
        disabled=choice == DROP,
        width=160,
        help=f"From the start of a run, 1 to {LONGEST_DAYS:,}.",
    )
    wanted = 0 if choice == DROP else int(chosen)
    st.caption(_foretold(wanted, days))
    if wanted < days:
        st.button("Save", type="primary", on_click=ask, args=(Shorter(wanted),))
    elif st.button("Save", type="primary", disabled=wanted == days):
        set_retention(wanted)


def _foretold(wanted: int, now: int) -> str:
    told = f"Now: {days_told(now)}."
    if wanted < now:
        return f"{told} What is older than the new limit is cleared within the hour, for good."
    return told if wanted == now else f"{told} What has been cleared does not come back."
