"""The filters of the history, all of which live in the URL: who opens a copied link sees the same runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import streamlit as st

from core.domain.accounts import User
from core.domain.queries import HistoryFilter, Position
from core.domain.runs import RunStatus
from core.lab import current
from core.services.names import provider_name
from pages.components import reads, status

OLDER, NEWER, RUN = "older", "newer", "run"
_KEYS = ("model", "provider", "status", "days", "q")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the history the page stands: beyond one position or the other, or at the newest run."""

    older_than: Position | None
    newer_than: Position | None


def draw_filters(user: User) -> HistoryFilter:
    """Draw the row of filters and return what they ask for. Raises `InvalidRequest` for days out of order."""
    models = reads.model_ids(user.id, user)
    providers = sorted({model.partition("/")[0] for model in models})
    with st.container(horizontal=True, gap="xsmall"):
        model = _choice("Model", "model", models, str, 165)
        provider = _choice("Provider", "provider", providers, provider_name, 116)
        chosen = _choice("Status", "status", [one.value for one in RunStatus], _status_word, 108)
        days = st.date_input(
            "Days", [], key="days", bind="query-params", width=226, label_visibility="collapsed", on_change=to_newest
        )
        text = st.text_input(
            "Text in the prompt",
            key="q",
            bind="query-params",
            placeholder="Text in the prompt",
            icon=":material/search:",
            width="stretch",
            label_visibility="collapsed",
            on_change=to_newest,
        )
    return HistoryFilter(
        model_id=model,
        provider=provider,
        status=RunStatus(chosen) if chosen else None,
        period=current().history.period(*_ends(days)),
        text=text or None,
    )


def filtered() -> bool:
    """Return whether any filter is set."""
    return any(st.session_state.get(key) for key in _KEYS)


def clear() -> None:
    """Take all filters away. For a button's callback."""
    for key in _KEYS:
        st.session_state[key] = {"days": (), "q": ""}.get(key)
    to_newest()


def to_newest() -> None:
    """Go back to the newest runs. For a callback."""
    for key in (OLDER, NEWER):
        st.query_params.pop(key, None)


def go(side: str, position: Position) -> None:
    """Go to the runs on one side of `position`. For a button's callback."""
    to_newest()
    st.query_params[side] = f"{position.created_at.isoformat()}~{position.id}"


def place() -> Place:
    """Return where the URL says that the page stands; what does not read as a position is passed over."""
    return Place(_position(st.query_params.get(OLDER)), _position(st.query_params.get(NEWER)))


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
        on_change=to_newest,
    )


def _status_word(value: str) -> str:
    return status.word(RunStatus(value))


def _ends(days: tuple[date, ...]) -> tuple[date | None, date | None]:
    """The first and last day chosen, which may be one and the same."""
    return (days[0], days[-1]) if days else (None, None)


def _position(text: str | None) -> Position | None:
    instant, _, run_id = (text or "").partition("~")
    try:
        created_at = datetime.fromisoformat(instant)
        return Position(created_at, UUID(run_id)) if created_at.tzinfo else None
    except ValueError:
        return None
