"""What of the history is opened: one run beside the list, or two in its place. What cannot be opened is told."""

from datetime import datetime

import streamlit as st

from core.domain.accounts import User
from core.errors import NotFound
from core.lab import current
from pages.components.history_comparison import draw_comparison
from pages.components.history_place import close
from pages.components.opened_run import draw_run


def draw_opened(user: User, run_id: str, now: datetime) -> None:
    """Draw a run whole, with its owner's name where it is another's."""
    lab = current()
    try:
        run = lab.history.open(user, run_id)
    except NotFound as error:
        _draw_missing(error)
        return
    owner = None if run.user_id == user.id else lab.history.people(user).get(run.user_id, run.user_id)
    draw_run(run, lab.settings.timezone, now, owner)


def draw_compared(user: User, first_id: str, second_id: str, now: datetime) -> None:
    """Draw two runs side by side."""
    lab = current()
    try:
        runs = lab.history.open(user, first_id), lab.history.open(user, second_id)
    except NotFound as error:
        _draw_missing(error)
        return
    draw_comparison(runs, lab.settings.timezone, now)


def _draw_missing(error: NotFound) -> None:
    st.info(error.message, icon=":material/search_off:")
    st.button("Back to the list", icon=":material/arrow_back:", on_click=close)
