"""The report as a table: each key of the breakdown with its exact figures, sortable, leading to its runs."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.spend import MODEL, Group, SpendReport
from core.services.names import provider_name
from pages.components import format as show
from pages.components.looks import Look

_TEXTS: Any = {
    "Runs": show.count,
    "Tokens in": show.count,
    "Tokens out": show.count,
    "Cost": show.money_exact,
    "Share": show.share,
    "Per 1k tokens": show.money,
    "Estimated": show.share,
    "Failed": show.share,
    "Median": show.duration,
    "p95": show.duration,
}
KEY = "table-of-groups"


def draw_table(
    report: SpendReport, groups: Sequence[Group], look: Look, lead: Callable[[str], None] | None = None
) -> None:
    """Draw a row for each group, the dearest first. `lead` is given the key of a row that is ticked."""
    ranked = sorted(groups, key=lambda group: (-group.totals.cost, -group.totals.runs))
    dots = [f"color: {look.colour(group.key)}" for group in ranked]
    frame = pd.DataFrame([_row(group, report, look) for group in ranked])
    more: dict[str, Any] = {}
    if lead:
        st.caption("Tick a row to see its runs.")
        more = {"on_select": lambda: _led(ranked, lead), "selection_mode": "single-row", "key": KEY}
    st.dataframe(
        frame.style.format(_TEXTS, na_rep=show.UNKNOWN).apply(lambda _: dots, subset=["●"]),
        column_config={
            "●": st.column_config.TextColumn("", width=26),
            _title(look): st.column_config.TextColumn(width=200),
        },
        hide_index=True,
        placeholder=show.UNKNOWN,
        alt=f"Figures by {look.noun}",
        **more,
    )


def _led(ranked: Sequence[Group], lead: Callable[[str], None]) -> None:
    rows = st.session_state[KEY].selection.rows
    if rows:
        lead(ranked[rows[0]].key)


def _title(look: Look) -> str:
    return look.noun[:1].upper() + look.noun[1:]


def _row(group: Group, report: SpendReport, look: Look) -> dict[str, Any]:
    totals = group.totals
    provider, _, model = group.key.partition("/")
    names = {"Model": model, "Provider": provider_name(provider)} if look.by == MODEL else {}
    return {
        "●": "●",
        **(names or {_title(look): look.ranked(group.key)}),
        "Runs": totals.runs,
        "Tokens in": totals.input_tokens,
        "Tokens out": totals.output_tokens,
        "Cost": totals.cost,
        "Share": float(totals.cost / report.totals.cost) if report.totals.cost else None,
        "Per 1k tokens": totals.cost_per_thousand_tokens,
        "Estimated": float(totals.estimated_cost / totals.cost) if totals.cost else None,
        "Failed": totals.error_rate,
        "Median": totals.p50_latency_ms,
        "p95": totals.p95_latency_ms,
    }
