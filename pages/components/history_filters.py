"""The filters of the history, all of which live in the URL: who opens a copied link sees the same runs."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

import streamlit as st

from core.domain.faults import FaultCode, fault_name
from core.domain.queries import HistoryFilter
from core.domain.runs import RunStatus
from core.errors import InvalidRequest
from core.lab import current
from core.services.names import provider_name
from pages.components import status
from pages.components.history_place import JUMP, to_beginning

_KEYS = ("person", "model", "provider", "status", "error", "days", "tag", "q")


def draw_filters(models: list[str], people: Mapping[str, str]) -> HistoryFilter:
    """Draw the row of filters and return what they ask for.

    `people` are the user names, by user id, of those to choose from: nobody where the runs are one's own. Raises
    `InvalidRequest` for days out of order, and for a tag that is none.
    """
    providers = sorted({model.partition("/")[0] for model in models})
    with st.container(horizontal=True, gap="xsmall"):
        name = _choice("Person", "person", sorted(people.values()), str, 120) if people else None
        model = _choice("Model", "model", models, str, 165)
        provider = _choice("Provider", "provider", providers, provider_name, 116)
        chosen = _choice("Status", "status", [one.value for one in RunStatus], _status_word, 108)
        error = _choice("Kind of error", "error", [*FaultCode], fault_name, 150) if _failed(chosen) else None
        days = st.date_input(
            "Days", [], key="days", bind="query-params", width=226, label_visibility="collapsed", on_change=to_beginning
        )
        tag = _field("Tag", "tag", "Tag, as name=value", ":material/sell:", 166)
        text = _field("Words in the prompt", "q", "Words in the prompt", ":material/search:", "stretch")
    return HistoryFilter(
        user_id=next((user_id for user_id, one in people.items() if one == name), None),
        model_id=model,
        provider=provider,
        status=RunStatus(chosen) if chosen else None,
        error_code=error,
        tag=_tag(tag),
        period=current().history.period(*_ends(days)),
        text=text.strip() or None,
    )


def filtered() -> bool:
    """Return whether any filter is set."""
    return any(st.session_state.get(key) for key in _KEYS)


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = {"days": (), "q": "", "tag": ""}.get(key)
    st.session_state[JUMP] = None
    to_beginning()


def _choice(label: str, key: str, options: list[str], named: Callable[[str], str], width: int) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=named,
        key=key,
        bind="query-params",
        placeholder=label,
        width=width,
        label_visibility="collapsed",
        on_change=to_beginning,
    )


def _field(label: str, key: str, placeholder: str, icon: str, width: int | Literal["stretch"]) -> str:
    return st.text_input(
        label,
        key=key,
        bind="query-params",
        placeholder=placeholder,
        icon=icon,
        max_chars=200,
        width=width,
        label_visibility="collapsed",
        on_change=to_beginning,
    )


def _failed(chosen: str | None) -> bool:
    """Whether the kind of error is asked for: where failed runs are, or a link names a kind."""
    return chosen == RunStatus.ERROR or st.session_state.get("error") is not None or "error" in st.query_params


def _status_word(value: str) -> str:
    return status.word(RunStatus(value))


def _tag(text: str) -> tuple[str, str] | None:
    name, equals, value = (part.strip() for part in text.partition("="))
    if text.strip() and not (name and equals and value):
        raise InvalidRequest("Write a tag as name=value, for example team=support.")
    return (name, value) if name else None


def _ends(days: tuple[date, ...]) -> tuple[date | None, date | None]:
    """The first and last day chosen, which may be one and the same."""
    return (days[0], days[-1]) if days else (None, None)
