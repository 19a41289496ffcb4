"""The list of prices as they are used now: made to be scanned, a click opens a model."""

from math import ceil
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.lab import current
from core.services.names import provider_name
from core.services.prices import PAGE_SIZE, PriceFilter
from pages.components import format as show
from pages.components import prices_words as words
from pages.components.prices_filters import clear
from pages.components.prices_place import MODEL, go, page_number, toggle

ROW_HEIGHT = 36
MOST_SHOWN = 18
_NARROW = ("Model", "Input", "Output")
"""The columns beside an opened model."""

_CHOSEN_PAGE = "prices_page"


def draw_list(user: User, wanted: PriceFilter) -> None:
    """Draw the page of models at which the URL stands."""
    number = page_number()
    with st.skeleton(height=400):
        models, total = current().prices.page(user, wanted, size=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    if models:
        _draw_table(models)
    elif total:
        st.markdown("There are fewer models than that.", width="content")
    else:
        with st.container(border=True, horizontal_alignment="center"):
            st.markdown("No model fits these filters.", width="content")
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear)
    if total:
        _draw_ways(total, number)


def _draw_table(models: list[ModelInfo]) -> None:
    ids, opened = [model.id for model in models], st.query_params.get(MODEL)
    key = f"prices-{ids[0]}-{len(ids)}"
    st.session_state[key] = {"selection": {"rows": [ids.index(opened)] if opened in ids else []}}
    st.dataframe(
        _frame(models),
        column_order=_NARROW if opened else None,
        column_config=_COLUMNS,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(models), MOST_SHOWN) + 1) + 2,
        key=key,
        on_select=lambda: _select(key, ids),
        selection_mode=["single-row", "single-cell"],
        alt="Models and their prices in US dollars per million tokens, by provider and name",
    )


def _select(key: str, ids: list[str]) -> None:
    """Open the model that a click or a tick says; a click on the one that is open closes it. That nothing is ticked
    says nothing: a table with new figures forgets its ticks."""
    selection = st.session_state[key].selection
    if selection.cells:
        toggle(ids[selection.cells[0][0]])
    elif selection.rows and ids[selection.rows[0]] != st.query_params.get(MODEL):
        toggle(ids[selection.rows[0]])


def _frame(models: list[ModelInfo]) -> pd.DataFrame:
    rates = {
        label: [words.rate(getattr(model.prices, name)) for model in models] for label, name in words.PARTS.items()
    }
    return pd.DataFrame(
        {
            "Model": [model.name for model in models],
            "Provider": [provider_name(model.provider) for model in models],
            **rates,
            "Per request": [words.per_request(model.prices) for model in models],
            "Source": [words.SOURCES[model.prices.source] for model in models],
            "Of": [words.as_of(model.prices) for model in models],
            "State": ["" if model.enabled else "Off" for model in models],
        }
    )


def _draw_ways(total: int, number: int) -> None:
    pages = ceil(total / PAGE_SIZE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = "model" if total == 1 else "models"
        told = f"{show.count(total)} {noun}. Prices are in US dollars per million tokens."
        st.caption(told, width="content")
        if pages > 1:
            st.session_state[_CHOSEN_PAGE] = min(number, pages)
            st.pagination(pages, key=_CHOSEN_PAGE, on_change=lambda: go(st.session_state[_CHOSEN_PAGE]))


def _price(width: int) -> Any:
    return st.column_config.TextColumn(width=width, alignment="right")


_COLUMNS: dict[str, Any] = {
    "Model": st.column_config.TextColumn(width=224),
    "Provider": st.column_config.TextColumn(width=90),
    "Input": _price(86),
    "Output": _price(86),
    "Cached input": _price(92),
    "Cache write": _price(88),
    "Per request": _price(88),
    "Source": st.column_config.TextColumn(width=92),
    "Of": st.column_config.TextColumn(width=88),
    "State": st.column_config.TextColumn(width=48),
}
