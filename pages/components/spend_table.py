"""The report as a table: each model with its exact figures, sortable."""

from typing import Any

import pandas as pd
import streamlit as st

from core.domain.palette import model_colour
from core.domain.spend import Group, SpendReport
from core.services.names import provider_name
from pages.components import format as show
from pages.components import reads

_TEXTS: Any = {
    "Runs": show.count,
    "Tokens in": show.count,
    "Tokens out": show.count,
    "Cost": show.money_exact,
    "Share": show.share,
    "Failed": show.share,
    "Median": show.duration,
    "p95": show.duration,
}


def draw_table(report: SpendReport) -> None:
    """Draw a row for each model, the dearest first."""
    colours = reads.colours()
    groups = sorted(report.by_model, key=lambda group: (-group.totals.cost, -group.totals.runs))
    dots = [f"color: {colours.get(group.key) or model_colour(group.key)}" for group in groups]
    frame = pd.DataFrame([_row(group, report) for group in groups])
    st.dataframe(
        frame.style.format(_TEXTS, na_rep=show.UNKNOWN).apply(lambda _: dots, subset=["●"]),
        column_config={"●": st.column_config.TextColumn("", width=26), "Model": st.column_config.TextColumn(width=220)},
        hide_index=True,
        alt="Figures by model",
    )


def _row(group: Group, report: SpendReport) -> dict[str, Any]:
    totals = group.totals
    provider, _, model = group.key.partition("/")
    return {
        "●": "●",
        "Model": model,
        "Provider": provider_name(provider),
        "Runs": totals.runs,
        "Tokens in": totals.input_tokens,
        "Tokens out": totals.output_tokens,
        "Cost": totals.cost,
        "Share": float(totals.cost / report.totals.cost) if report.totals.cost else None,
        "Failed": totals.error_rate,
        "Median": totals.p50_latency_ms,
        "p95": totals.p95_latency_ms,
    }
