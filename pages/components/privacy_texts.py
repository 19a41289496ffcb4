"""How long the texts of runs are kept, and clearing at once what is older."""

import streamlit as st

from core.errors import LabError
from core.lab import current
from core.services.lab_settings import LONGEST_DAYS
from core.services.retention import Left, Purged
from pages.components import format as show
from pages.components.errors import ICON
from pages.components.session import require_administrator

PURGED = "texts-purged"
KEEP, DROP = "Keep them for a time", "Keep none beyond the run"


def draw_retention() -> None:
    """Draw the form of how long texts are kept, and set it when it is sent."""
    days = current().lab_settings.retention_days
    st.markdown(
        "Prompts, answers and what providers said of failures are cleared when their time has passed. Figures and "
        "costs stay for good."
    )
    with st.container(border=True):
        choice = st.radio("Texts of runs", [KEEP, DROP], index=0 if days else 1, label_visibility="collapsed")
        chosen = st.number_input(
            "Days", 1, LONGEST_DAYS, days or 30, disabled=choice == DROP, width=160, help="From the start of a run."
        )
        wanted = 0 if choice == DROP else int(chosen)
        st.caption(_foretold(wanted, days))
        if st.button("Save", type="primary", disabled=wanted == days):
            (_confirm_shorter if wanted < days else _set)(wanted)


def _foretold(wanted: int, now: int) -> str:
    if wanted == now:
        return f"Now: {_told(now)}."
    if wanted < now:
        return f"Now: {_told(now)}. What is older than the new limit is cleared within the hour, for good."
    return f"Now: {_told(now)}. What has been cleared does not come back."


def _told(days: int) -> str:
    return f"{days:,} {'day' if days == 1 else 'days'}" if days else "none are kept beyond the run"


@st.dialog("Keep texts for less long")
def _confirm_shorter(days: int) -> None:
    told = f"for {_told(days)}" if days else "not at all beyond the run"
    st.markdown(f"Texts are kept {told} from now on. Those that are older are cleared within the hour, for good.")
    if st.button("Clear older texts", type="primary"):
        _set(days)


def _set(days: int) -> None:
    try:
        current().lab_settings.set_retention(require_administrator(), days)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.rerun()


def draw_purge() -> None:
    """Draw the way to clear at once what is too old, and what came of it."""
    if st.button("Clear what is older now …", icon=":material/delete_sweep:"):
        _confirm()
    if purged := st.session_state.pop(PURGED, None):
        _draw_proof(purged)


@st.dialog("Clear what is older")
def _confirm() -> None:
    with st.spinner("Counting what is older …"):
        overdue = current().retention.overdue(require_administrator())
    if not overdue.all:
        st.markdown("Nothing is older than it may be. There is nothing to clear.")
        return
    st.markdown(f"Older than they may be: {_counted(overdue)}. Cleared texts cannot be brought back.")
    if st.button("Clear them", type="primary"):
        with st.spinner("Clearing, and counting again …"):
            st.session_state[PURGED] = current().retention.purge(require_administrator())
        st.rerun()


def _draw_proof(purged: Purged) -> None:
    at = show.when(purged.limit, current().settings.timezone)
    left = "Nothing is left" if not purged.after.all else f"Left are {_counted(purged.after)}"
    told = f"Cleared of what is from before {at}: {_counted(purged.before)}. {left}, as a count afterwards says."
    (st.warning if purged.after.all else st.success)(show.literal(told), icon=":material/check:")


def _counted(left: Left) -> str:
    counts = (
        (left.texts, "conversation", "conversations"),
        (left.excerpts, "excerpt", "excerpts"),
        (left.errors, "message of an error", "messages of errors"),
        (left.files, "file", "files"),
    )
    told = [f"{show.count(count)} {one if count == 1 else more}" for count, one, more in counts if count]
    return ", ".join(told) or "nothing"
