"""The dialog that sets a price, or corrects one that is to come. It keeps what was written until saved or left."""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from core.domain.accounts import User
from core.domain.own_prices import SUSPICIOUS, OwnPrice, PriceDraft
from core.domain.pricing import Prices, Rate
from core.errors import LabError
from core.lab import current
from core.services.prices import LONGEST_NOTE, PriceChange
from pages.components import prices_words as words
from pages.components import reads
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.session import require_administrator

OPEN, TOLD, DOUBTED = "price-dialog", "price-told", "price-doubted"


@dataclass(frozen=True, slots=True)
class Editing:
    """The model whose price is about to be set, empty if it is still to be named; `entry` is one to be corrected."""

    model_id: str
    entry: OwnPrice | None = None


def ask_for_new(model_id: str = "") -> None:
    """Open the dialog that sets a price."""
    st.session_state[OPEN] = Editing(model_id)


def ask_to_correct(entry: OwnPrice) -> None:
    """Open the dialog that corrects a price to come."""
    st.session_state[OPEN] = Editing(entry.model_id, entry)


def draw_price_dialog() -> None:
    """Draw the dialog if it is open, and tell what was done before."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(literal(told), icon=":material/check:")
    if editing := st.session_state.get(OPEN):
        title = "Correct the price" if editing.entry else "Set a price"
        st.dialog(title, on_dismiss=_close)(_draw_form)(editing)


def _close() -> None:
    for key in (OPEN, DOUBTED):
        st.session_state.pop(key, None)


def _draw_form(editing: Editing) -> None:
    user, entry = require_administrator(), editing.entry
    model_id = editing.model_id
    if model_id:
        st.caption(literal(model_id))
    else:
        model_id = st.text_input("Model", placeholder="openai/gpt-4o-mini", autocomplete="off").strip()
    back = st.toggle(words.BACK, entry is not None and entry.prices is None)
    draft = None if back else _draw_prices(entry.prices if entry else None)
    moment = _draw_start(entry)
    note = st.text_input("Note", entry.note if entry else "", max_chars=LONGEST_NOTE, placeholder="Why, or where from")
    change = PriceChange(model_id, moment or datetime.now(UTC), draft, note, entry.id if entry else None)
    typed = (model_id, draft, moment)
    if st.button("Save", icon=":material/check:", key="save-price"):
        _save(user, change, typed)
    doubted = st.session_state.get(DOUBTED)
    if doubted and doubted[0] == typed:
        _draw_doubts(user, change, doubted[1])


def _draw_prices(before: Prices | None) -> PriceDraft:
    st.caption("US dollars per million tokens")
    left, right = st.columns(2)
    optional = "As input"
    typed = {name: _typed(getattr(before, name, None)) for name in words.PARTS.values()}
    return PriceDraft(
        input=left.text_input("Input", typed["input"], placeholder="0.15", autocomplete="off"),
        output=right.text_input("Output", typed["output"], placeholder="0.60", autocomplete="off"),
        cached=left.text_input("Cached input", typed["cached"], placeholder=optional),
        cache_write=right.text_input("Cache write", typed["cache_write"], placeholder=optional),
        per_request=st.text_input(
            "Per request",
            f"{before.per_request:f}" if before and before.per_request else "",
            placeholder="Nothing",
            help="In US dollars, added to every run that used any tokens.",
        ),
    )


def _typed(rate: Rate | None) -> str:
    return f"{rate.base:f}" if rate else ""


def _draw_start(entry: OwnPrice | None) -> datetime | None:
    """Draw the field of the moment, and return it; None is now."""
    zone = current().settings.timezone
    local = st.datetime_input(
        "In force from",
        entry.starts_at.astimezone(zone).replace(tzinfo=None) if entry else None,
        help=f"{zone.key}. Leave it empty for now. A run has the price of the moment when it starts. From a moment in "
        "the past on, runs keep what they cost until they are priced anew.",
    )
    return None if local is None else local.replace(tzinfo=zone).astimezone(UTC)


def _save(user: User, change: PriceChange, typed: object) -> None:
    """Set the price, unless it has to be meant first."""
    try:
        doubts = current().prices.doubts(user, change)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return
    if doubts:
        st.session_state[DOUBTED] = typed, doubts
    else:
        _set(user, change)


def _draw_doubts(user: User, change: PriceChange, doubts: list[str]) -> None:
    parts = " and ".join(doubts)
    st.warning(f"More than {SUSPICIOUS} times what the lists say: {parts}. Is the point where it belongs?", icon=ICON)
    if st.button("Set it all the same", key="mean-it"):
        _set(user, change)


def _set(user: User, change: PriceChange) -> None:
    try:
        current().prices.set(user, change)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
    else:
        _close()
        reads.price_concerns.clear()
        st.session_state[TOLD] = f"The price of {change.model_id} is set."
        st.rerun()
