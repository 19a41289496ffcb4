"""What a report is asked for: days, model, provider. All of it lives in the URL.

Its keys are other than the history's, so that a mark in a chart can lead to the history with the filters of its own.
"""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.services.names import provider_name
from pages.components import reads
from pages.components.periods import Choice, Days, days_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    days: Days
    model: str | None
    provider: str | None


def draw_filters(user: User, today: date) -> Asked:
    """Draw the filters, and return what they ask for."""
    models = sorted(reads.catalogue()) if reads_everybodys_spend(user.role) else reads.model_ids(user.id, user)
    providers = sorted({model.partition("/")[0] for model in models})
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        model = _optional("Model", "spent_on", models, 165)
        display = _optional("Provider", "spent_at", [provider_name(name) for name in providers], 120)
        choice = st.selectbox(
            "Period", list(Choice), index=1, key="period", bind="query-params", width=165, label_visibility="collapsed"
        )
        free: tuple[date, ...] = ()
        if choice is Choice.FREE:
            free = st.date_input(
                "Days", [], key="between", bind="query-params", width=226, label_visibility="collapsed"
            )
    provider = next((name for name in providers if provider_name(name) == display), None)
    return Asked(days_of(choice or Choice.MONTH, today, free), model, provider)


def _optional(label: str, key: str, options: list[str], width: int) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        key=key,
        bind="query-params",
        placeholder=label,
        width=width,
        label_visibility="collapsed",
    )
