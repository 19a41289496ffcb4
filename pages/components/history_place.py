"""Where in the history the page stands, and which runs are looked at: all of it lives in the URL."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import streamlit as st

from core.domain.access import reads_everybodys_texts
from core.domain.accounts import User
from core.domain.queries import Position
from core.lab import current

OLDER, NEWER, RUN, COMPARE, JUMP, WHOSE = "older", "newer", "run", "compare", "jump", "whose"
MINE, ALL = "mine", "all"
_WHOSE_NAMES = {MINE: "Mine", ALL: "Everybody"}
_CHOSEN_WHOSE = "whose_runs"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page stands: beyond one position or the other, or at the newest run."""

    older_than: Position | None
    newer_than: Position | None


def draw_jump() -> Place:
    """Draw the way to a day, and return where the page stands. Raises `InvalidRequest` for a day out of all time."""
    day = _chosen_day()
    with st.popover(f"From {day.day} {day:%b %Y}" if day else "Jump to a date", icon=":material/event:"):
        day = st.date_input(
            "Show the runs of this day and before",
            None,
            key=JUMP,
            bind="query-params",
            on_change=to_beginning,
        )
        st.caption("Nothing is filtered: newer runs are a click away.")
        st.button("Go there again", type="tertiary", disabled=day is None, on_click=to_beginning)
    return _place(day)


def draw_whose(user: User) -> bool:
    """Draw the choice between the own runs and everybody's for whoever has it; return whether it is everybody's."""
    if not reads_everybodys_texts(user.role):
        return False
    everybody = st.query_params.get(WHOSE) == ALL
    st.session_state[_CHOSEN_WHOSE] = ALL if everybody else MINE
    st.segmented_control(
        "Whose runs",
        [MINE, ALL],
        required=True,
        format_func=_WHOSE_NAMES.__getitem__,
        key=_CHOSEN_WHOSE,
        on_change=_choose_whose,
        label_visibility="collapsed",
    )
    return everybody


def to_beginning() -> None:
    """Go to where the list begins: at the day that was jumped to, or at the newest run. For a callback."""
    for key in (OLDER, NEWER):
        st.query_params.pop(key, None)


def go(side: str, position: Position) -> None:
    """Go to the runs on one side of `position`. For a button's callback."""
    to_beginning()
    st.query_params[side] = f"{position.created_at.isoformat()}~{position.id}"


def toggle(run_id: str) -> None:
    """Open a run, or close it if it is open. For a callback."""
    if st.query_params.get(RUN) == run_id:
        close()
    else:
        st.query_params[RUN] = run_id


def close() -> None:
    """Close the opened run, and what it is compared with. For a callback."""
    for key in (RUN, COMPARE):
        st.query_params.pop(key, None)


def compare(run_id: str, other: str | None = None) -> None:
    """Compare a run with another, or with the one that is opened next. For a callback."""
    close()
    st.query_params[COMPARE] = run_id
    if other:
        st.query_params[RUN] = other


def _choose_whose() -> None:
    close()
    to_beginning()
    if st.session_state[_CHOSEN_WHOSE] == ALL:
        st.query_params[WHOSE] = ALL
    else:
        st.query_params.pop(WHOSE, None)


def _chosen_day() -> date | None:
    """The day of the widget before it is drawn: what it keeps, or else what the URL says."""
    if JUMP in st.session_state:
        kept: date | None = st.session_state[JUMP]
        return kept
    try:
        return date.fromisoformat(st.query_params.get(JUMP, ""))
    except ValueError:
        return None


def _place(day: date | None) -> Place:
    older, newer = (_position(st.query_params.get(key)) for key in (OLDER, NEWER))
    if day and older is None and newer is None:
        older = current().history.until(day)
    return Place(older, newer)


def _position(text: str | None) -> Position | None:
    instant, _, run_id = (text or "").partition("~")
    try:
        created_at = datetime.fromisoformat(instant)
        return Position(created_at, UUID(run_id)) if created_at.tzinfo else None
    except ValueError:
        return None
