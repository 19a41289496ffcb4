"""What can be taken away as a file. A link leads to it, so that the browser shows how far it has come."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from core.domain.queries import HistoryFilter
from core.lab import current
from core.services.export_formats import Format
from pages.components import format as show
from pages.components.session import require_user

EXPORT = "/api/v1/llm/test/export"
_FOR = {Format.CSV: "for spreadsheets", Format.JSON: "for programs", Format.PARQUET: "for analyses"}
_ICONS = {Format.CSV: "table", Format.JSON: "data_object", Format.PARQUET: "view_column"}


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
    for format in Format:
        size = show.size(foreseen.sizes[format], estimated=foreseen.estimated)
        st.link_button(
            f"{format.upper()} · {_FOR[format]} · {size}",
            f"{EXPORT}?{urlencode(query(chosen, format, people, everybody))}",
            icon=f":material/{_ICONS[format]}:",
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
        "from": chosen.period and chosen.period.start.isoformat(),
        "to": chosen.period and chosen.period.end.isoformat(),
        "tag": chosen.tag and "=".join(chosen.tag),
        "text": chosen.text,
    }
    return {name: value for name, value in asked.items() if value}
