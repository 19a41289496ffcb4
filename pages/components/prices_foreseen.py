"""What pricing runs anew would change: in all, by model and by person."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.domain.repricing import Difference, Preview
from pages.components import format as show

MOST_ROWS = 500
HEIGHT = 300


def draw_foreseen(preview: Preview, *, back: bool) -> None:
    """Draw it; `back` says that a repricing is taken back, so that what is left alone is so for another reason."""
    total = preview.total
    if not total.runs:
        st.markdown(f"**Nothing would change.** {_looked_at(preview, back)}")
        return
    cost = f"{show.money_exact(total.before)} → {show.money_exact(total.after)}"
    st.markdown(f"**{show.runs(total.runs)} would change: {show.literal(cost)}** ({show.literal(_signed(total))})")
    st.caption(_looked_at(preview, back))
    by_model, by_person = st.columns(2)
    with by_model:
        _draw_table("Model", preview.by_model)
    with by_person:
        _draw_table("Person", preview.by_user)


def _looked_at(preview: Preview, back: bool) -> str:
    looked = f"{'Changed then' if back else 'Looked at'}: {show.runs(preview.looked_at)}."
    why = "they were changed again since" if back else "their provider billed them"
    left = f" Left as they are, because {why}: {show.runs(preview.left_alone)}."
    return f"{looked}{left if preview.left_alone else ''}"


def _draw_table(noun: str, rows: Sequence[Difference]) -> None:
    shown = rows[:MOST_ROWS]
    st.dataframe(
        pd.DataFrame(
            {
                noun: [row.key for row in shown],
                "Runs": [show.count(row.runs) for row in shown],
                "Before": [show.money(row.before) for row in shown],
                "After": [show.money(row.after) for row in shown],
                "Difference": [_signed(row) for row in shown],
            }
        ),
        column_config={name: _RIGHT for name in ("Runs", "Before", "After", "Difference")},
        hide_index=True,
        height="content" if len(shown) < 8 else HEIGHT,
        alt=f"What would change, by {noun.lower()}",
    )


def _signed(row: Difference) -> str:
    return f"{'+' if row.change > 0 else ''}{show.money(row.change)}"


_RIGHT = st.column_config.TextColumn(alignment="right")
