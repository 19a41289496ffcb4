"""The dialogs before what cannot be undone: keeping texts for less long, clearing what is older, erasing a person.

Which one is open stands in the session, so that it outlives a rerun of the page.
"""

from dataclasses import dataclass

import streamlit as st

from core.errors import LabError
from core.lab import current
from core.services.retention import Left, Purged
from pages.components import format as show
from pages.components.errors import ICON
from pages.components.session import require_administrator

OPEN, TOLD = "privacy-dialog", "privacy-told"
DONE = ":material/check:"


@dataclass(frozen=True, slots=True)
class Shorter:
    """Texts are about to be kept for so many days only."""

    days: int


@dataclass(frozen=True, slots=True)
class Purging:
    """What is older than it may be is about to be cleared."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """A person is about to be erased."""

    id: str
    name: str


def ask(dialog: Shorter | Purging | Erasing) -> None:
    """Open a dialog. For a button's callback."""
    st.session_state[OPEN] = dialog


def draw_privacy_dialog() -> None:
    """Draw the dialog that is open, if one is, and tell what the one before it did."""
    if told := st.session_state.pop(TOLD, None):
        st.success(show.literal(told), icon=DONE)
    match st.session_state.get(OPEN):
        case Shorter(days):
            _draw_shorter(days)
        case Purging():
            _draw_purging()
        case Erasing() as erasing:
            _draw_erasing(erasing)


def days_told(days: int) -> str:
    """Return for how long texts are kept, in words."""
    return f"{days:,} {'day' if days == 1 else 'days'}" if days else "none are kept beyond the run"


def set_retention(days: int) -> None:
    """Keep texts for so long from now on, or say why not."""
    try:
        current().lab_settings.set_retention(require_administrator(), days)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        _close()
        st.rerun()


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Keep texts for less long?", on_dismiss=_close)
def _draw_shorter(days: int) -> None:
    told = f"for {days_told(days)}" if days else "not at all beyond the run"
    st.markdown(f"Texts are kept {told} from now on. Those that are older are cleared within the hour, for good.")
    if st.button("Clear older texts", type="primary"):
        set_retention(days)


@st.dialog("Clear what is older?", on_dismiss=_close)
def _draw_purging() -> None:
    with st.spinner("Counting what is older …"):
        overdue = current().retention.overdue(require_administrator())
    if not overdue.all:
        st.markdown("Nothing is older than it may be. There is nothing to clear.")
        return
    st.markdown(f"Older than they may be: {_counted(overdue)}. Cleared texts cannot be brought back.")
    if st.button("Clear them", type="primary"):
        with st.spinner("Clearing, and counting again …"):
            purged = current().retention.purge(require_administrator())
        _done(_proof(purged))


@st.dialog("Erase a person?", on_dismiss=_close)
def _draw_erasing(erasing: Erasing) -> None:
    name = show.literal(erasing.name)
    st.markdown(
        f"**{name}** can sign in no more. Name, sessions, tokens, templates, own keys and all texts of the runs are "
        "erased; what the runs cost stays, without the name. **This cannot be undone.**"
    )
    with st.form("erase", border=False):
        typed = st.text_input(f"Type {name} to confirm", autocomplete="off")
        sent = st.form_submit_button("Erase for good", type="primary")
    if sent:
        _erase(erasing, typed)


def _erase(erasing: Erasing, typed: str) -> None:
    try:
        with st.spinner("Erasing …"):
            cleared = current().privacy.erase(require_administrator(), erasing.id, typed)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        _done(f"Erased, with the texts of {show.runs(cleared)}. What they cost is kept under the id.")


def _done(told: str) -> None:
    _close()
    st.session_state[TOLD] = told
    st.rerun()


def _proof(purged: Purged) -> str:
    at = show.when(purged.limit, current().settings.timezone)
    left = "Nothing is left" if not purged.after.all else f"Left are {_counted(purged.after)}"
    return f"Cleared of what is from before {at}: {_counted(purged.before)}. {left}, as a count afterwards says."


def _counted(left: Left) -> str:
    counts = (
        (left.texts, "conversation", "conversations"),
        (left.excerpts, "excerpt", "excerpts"),
        (left.errors, "message of an error", "messages of errors"),
        (left.files, "file", "files"),
    )
    told = [f"{show.count(count)} {one if count == 1 else more}" for count, one, more in counts if count]
    return ", ".join(told) or "nothing"
