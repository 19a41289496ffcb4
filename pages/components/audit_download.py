"""The ways to a file of the audit log."""

from urllib.parse import urlencode

import streamlit as st

from core.domain.web import AUDIT_PATH
from core.lab import current
from core.services.audit import AuditFormat, NotesAsked
from pages.components import format as show
from pages.components.session import require_administrator

_TOLD = {
    AuditFormat.CSV: ("CSV · for spreadsheets", ":material/table:"),
    AuditFormat.JSON: ("JSON · for programs", ":material/data_object:"),
}


@st.fragment
def draw_download(asked: NotesAsked) -> None:
    """Draw the ways to a file of all notes that the filters let through; they are counted when it is opened."""
    with st.popover("Download", icon=":material/download:", key="download", on_change="rerun") as popover:
        if popover.open:
            _draw_files(asked)


def _draw_files(asked: NotesAsked) -> None:
    notes = current().audit.count(require_administrator(), asked)
    if not notes:
        st.caption("No note fits the filters, so there is nothing to download.")
        return
    st.caption(f"{show.count(notes)} {'note' if notes == 1 else 'notes'}, newest first. That you took them is noted.")
    with st.container(gap=None):
        for format, (told, icon) in _TOLD.items():
            st.link_button(told, f"{AUDIT_PATH}?{urlencode(query(asked, format))}", icon=icon, type="tertiary")


def query(asked: NotesAsked, format: AuditFormat) -> dict[str, str]:
    """Return what asks for a file of the same notes."""
    parameters = {
        "format": format.value,
        "who": asked.who,
        "act": asked.act,
        "subject": asked.subject,
        "from": asked.first and asked.first.isoformat(),
        "to": asked.last and asked.last.isoformat(),
        "q": asked.words,
    }
    return {name: value for name, value in parameters.items() if value}
