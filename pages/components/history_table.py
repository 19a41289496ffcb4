"""The list of runs: made to be scanned, a click opens one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.palette import model_colour
from core.domain.runs import Payer, RunRow
from core.lab import current
from pages.components import format as show
from pages.components import reads, status
from pages.components.history_place import RUN, compare, toggle
from pages.components.measure import short_names

ROW_HEIGHT = 36
MOST_SHOWN = 18
PROMPT_CHARACTERS = 160

_BEFORE, _AFTER = ("When", "●"), ("Model", "Prompt", "Tokens", "Cost", "Time", "Status")
_NARROW = ("When", "●", "Model", "Cost")
"""The columns beside an opened run."""


def draw_table(rows: list[RunRow], people: Mapping[str, str], alt: str) -> None:
    """Draw `rows`, with the opened one marked as the URL has it, and who where `people` are told.

    A click on a row opens it, another closes it. A tick does so too, and a second one compares both.
    """
    ids, opened = [str(row.id) for row in rows], st.query_params.get(RUN)
    key = f"runs-{ids[0]}-{len(ids)}"
    st.session_state[key] = {"selection": {"rows": [ids.index(opened)] if opened in ids else []}}
    wide = (*_BEFORE, "Person", *_AFTER) if people else (*_BEFORE, *_AFTER)
    st.dataframe(
        _styled(rows, people),
        column_order=_NARROW if opened else wide,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _select(key, ids),
        selection_mode=["multi-row", "single-cell"],
        alt=alt,
    )


def _select(key: str, ids: list[str]) -> None:
    """Do what a click on a cell says, or else what has come to be ticked beside the opened run."""
    selection = st.session_state[key].selection
    opened = st.query_params.get(RUN)
    ticked = [ids[row] for row in selection.rows]
    others = [run_id for run_id in ticked if run_id != opened]
    if selection.cells:
        toggle(ids[selection.cells[0][0]])
    elif opened and opened in ticked and others:
        compare(opened, others[0])
    elif len(others) > 1:
        compare(*others[:2])
    elif others or (opened in ids and not ticked):  # the tick of the opened run may be told late: it says nothing
        toggle(others[0] if others else str(opened))


def _styled(rows: list[RunRow], people: Mapping[str, str]) -> Any:
    colours = reads.colours()
    dots = [f"color: {colours.get(row.model_id) or model_colour(row.model_id)}" for row in rows]
    texts: Any = {"Tokens": show.count, "Time": show.duration}
    return _frame(rows, people).style.format(texts).apply(lambda _: dots, subset=["●"])


def _frame(rows: list[RunRow], people: Mapping[str, str]) -> pd.DataFrame:
    names, zone, now = short_names(row.model_id for row in rows), current().settings.timezone, datetime.now(UTC)
    return pd.DataFrame(
        {
            "When": [show.when(row.created_at, zone, now=now) for row in rows],
            "●": ["●" for _ in rows],
            "Person": [people.get(row.user_id, row.user_id) for row in rows],
            "Model": [names[row.model_id] for row in rows],
            "Prompt": [show.first_words(row.prompt, PROMPT_CHARACTERS) for row in rows],
            "Tokens": [row.total_tokens for row in rows],
            "Cost": [show.cost(row.cost) for row in rows],
            "Time": [float("nan") if row.latency_ms is None else row.latency_ms for row in rows],
            "Status": [_mark(row) for row in rows],
        }
    )


def _mark(row: RunRow) -> str:
    mark = status.mark(row.status)
    return f"{mark} · own key" if row.paid_by is Payer.OWN else mark


_COLUMNS: dict[str, Any] = {
    "When": st.column_config.TextColumn(width=104),
    "●": st.column_config.TextColumn("", width=24),
    "Person": st.column_config.TextColumn(width=110),
    "Model": st.column_config.TextColumn(width=150),
    "Prompt": st.column_config.TextColumn(width=242),
    "Tokens": st.column_config.NumberColumn(width=70),
    "Cost": st.column_config.TextColumn(width=80, alignment="right"),
    "Time": st.column_config.NumberColumn(width=66),
    "Status": st.column_config.TextColumn(width=84),
}
