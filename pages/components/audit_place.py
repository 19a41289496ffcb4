"""Where in the audit log the page stands, and which note is opened: all of it lives in the URL."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from core.domain.audit import NotePlace

OLDER, NEWER, NOTE = "older", "newer", "note"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page stands: beyond one place or the other, or at the newest note."""

    older_than: NotePlace | None
    newer_than: NotePlace | None


def place() -> Place:
    """Return where the page stands."""
    older, newer = (_place(st.query_params.get(key)) for key in (OLDER, NEWER))
    return Place(older, newer)


def to_beginning() -> None:
    """Go to the newest note. For a callback."""
    for key in (OLDER, NEWER):
        st.query_params.pop(key, None)


def go(side: str, place: NotePlace) -> None:
    """Go to the notes on one side of `place`. For a button's callback."""
    to_beginning()
    st.query_params[side] = f"{place.at.isoformat()}~{place.id}"


def opened() -> int | None:
    """Return the number of the note that is opened."""
    number = st.query_params.get(NOTE, "")
    return int(number) if number.isdecimal() and len(number) < 19 else None


def toggle(note_id: int) -> None:
    """Open a note, or close it if it is open. For a callback."""
    if opened() == note_id:
        close()
    else:
        st.query_params[NOTE] = str(note_id)


def close() -> None:
    """Close the opened note. For a callback."""
    st.query_params.pop(NOTE, None)


def _place(text: str | None) -> NotePlace | None:
    instant, _, number = (text or "").partition("~")
    try:
        at = datetime.fromisoformat(instant)
        return NotePlace(at, int(number)) if at.tzinfo and abs(int(number)) < 2**63 else None
    except ValueError:
        return None
