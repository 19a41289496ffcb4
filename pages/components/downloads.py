"""What can be taken away as a file. A link leads to it, so that the browser shows how far it has come."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from core.domain.queries import HistoryFilter
from core.domain.spend import Group
from core.lab import current
from core.services.export_formats import Format
from core.services.figures_file import figures_file
from pages.components import format as show
from pages.components.session import require_user

EXPORT = "/api/v1/llm/test/export"
_TOLD = {
    Format.CSV: ("CSV · for spreadsheets", ":material/table:"),
    Format.JSON: ("JSON · for programs", ":material/data_object:"),
    Format.PARQUET: ("Parquet · for analyses", ":material/view_column:"),
}


@st.fragment
def draw_download(chosen: HistoryFilter, people: Mapping[str, str], everybody: bool) -> None:
    """Draw the ways to a file of all the runs that the filters let through; they are counted when it is opened.

    `people` are user names by user id.
    """
    with st.popover("Download", icon=":material/download:", key="download", on_change="rerun") as popover:
        if popover.open:
            _draw_files(chosen, people, everybody)


def _draw_files(chosen: HistoryFilter, people: Mapping[str, str], everybody: bool) -> None:
    foreseen = current().exports.preview(require_user(), chosen, everybody=everybody)
    if not foreseen.runs:
        st.caption("No run fits the filters, so there is nothing to download.")
        return
    st.caption(f"{show.runs(foreseen.runs)}, the newest first: all that the filters let through.")
    with st.container(gap=None):
        for format, (told, icon) in _TOLD.items():
            size = show.size(foreseen.sizes[format], estimated=foreseen.estimated)
            asked = urlencode(query(chosen, format, people, everybody))
            st.link_button(f"{told} · {size}", f"{EXPORT}?{asked}", icon=icon, type="tertiary")
    if everybody:
        st.caption("A note is made that you took other people's runs.")


def draw_figures(groups: Sequence[Group], noun: str) -> None:
    """Draw the way to a small file of the figures of `groups`, each a model, a person or another `noun`."""
    st.download_button(
        "Figures as CSV",
        lambda: figures_file(groups, noun),
        "figures.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def query(chosen: HistoryFilter, format: Format, people: Mapping[str, str], everybody: bool) -> dict[str, str]:
    """Return what asks for a file of the same runs as `chosen`."""
    asked = {
        "format": format.value,
        "whose": "all" if everybody else None,
        "person": people.get(chosen.user_id or "", chosen.user_id) if everybody else None,
        "model_id": chosen.model_id,
        "provider": chosen.provider,
        "status": chosen.status,
        "error_code": chosen.error_code,
        "from": chosen.period and chosen.period.start.isoformat(),
        "to": chosen.period and chosen.period.end.isoformat(),
        "tag": chosen.tag and "=".join(chosen.tag),
        "q": chosen.text,
    }
    return {name: value for name, value in asked.items() if value}
