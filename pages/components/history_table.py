"""The list of runs: made to be scanned, a click opens one."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from core.domain.palette import model_colour
from core.domain.runs import RunRow
from pages.components import format as show
from pages.components import reads, status
from pages.components.history_filters import RUN
from pages.components.measure import short_names

ROW_HEIGHT = 36
MOST_SHOWN = 18
PROMPT_CHARACTERS = 160

WIDE = ("When", "●", "Model", "Prompt", "Tokens", "Cost", "Time", "Status")
NARROW = ("When", "●", "Model", "Cost")
"""The columns beside an opened run."""


def draw_table(rows: list[RunRow], zone: ZoneInfo, now: datetime, opened: str | None) -> None:
    """Draw `rows`, with the opened one marked as the URL has it. A click on a row opens it, another closes it."""
    ids = [str(row.id) for row in rows]
    key = f"runs-{ids[0]}-{len(ids)}"
    st.session_state[key] = {"selection": {"rows": [ids.index(opened)] if opened in ids else []}}
    st.dataframe(
        _styled(rows, zone, now),
        column_order=NARROW if opened else WIDE,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _open(key, ids),
        selection_mode=["single-row", "single-cell"],
        alt="Your runs, newest first",
    )


def _open(key: str, ids: list[str]) -> None:
    selection = st.session_state[key].selection
    chosen = [row for row, _ in selection.cells] or selection.rows
    run_id = ids[chosen[0]] if chosen else None
    if run_id is None or st.query_params.get(RUN) == run_id:
        st.query_params.pop(RUN, None)
    else:
        st.query_params[RUN] = run_id


def _styled(rows: list[RunRow], zone: ZoneInfo, now: datetime) -> Any:
    colours = reads.colours()
    dots = [f"color: {colours.get(row.model_id) or model_colour(row.model_id)}" for row in rows]
    texts: Any = {"Tokens": show.count, "Time": show.duration}
    return _frame(rows, zone, now).style.format(texts).apply(lambda _: dots, subset=["●"])


def _frame(rows: list[RunRow], zone: ZoneInfo, now: datetime) -> pd.DataFrame:
    names = short_names(row.model_id for row in rows)
    return pd.DataFrame(
        {
            "When": [show.when(row.created_at, zone, now=now) for row in rows],
            "●": ["●" for _ in rows],
            "Model": [names[row.model_id] for row in rows],
            "Prompt": [show.first_words(row.prompt, PROMPT_CHARACTERS) for row in rows],
            "Tokens": [row.total_tokens for row in rows],
            "Cost": [show.cost(row.cost) for row in rows],
            "Time": [float("nan") if row.latency_ms is None else row.latency_ms for row in rows],
            "Status": [status.mark(row.status) for row in rows],
        }
    )


_COLUMNS: dict[str, Any] = {
    "When": st.column_config.TextColumn(width=104),
    "●": st.column_config.TextColumn("", width=24),
    "Model": st.column_config.TextColumn(width=150),
    "Prompt": st.column_config.TextColumn(width=242),
    "Tokens": st.column_config.NumberColumn(width=70),
    "Cost": st.column_config.TextColumn(width=80, alignment="right"),
    "Time": st.column_config.NumberColumn(width=66),
    "Status": st.column_config.TextColumn(width=84),
}
