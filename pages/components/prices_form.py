"""The dialog that sets a price, or corrects one that is to come. It keeps what was written until saved or left."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
    left, right = st.columns(2)
    draft = None if back else _draw_prices(entry.prices if entry else None, left, right)
    moment = _draw_start(entry, right)
    note = st.text_input("Note", entry.note if entry else "", max_chars=LONGEST_NOTE, placeholder="Why, or where from")
    above = st.container()
    if st.button("Save", icon=":material/check:", key="save-price"):
        typed = (model_id, draft, moment)
        change = PriceChange(
            model_id, moment or datetime.now(current().settings.timezone), draft, note, entry.id if entry else None
        )
        with above:
            _save(user, change, typed)


def _draw_prices(before: Prices | None, left: DeltaGenerator, right: DeltaGenerator) -> PriceDraft:
    """Draw the fields of the prices in two columns, and return what is written there."""
    optional = "As input"
    typed = {name: _typed(getattr(before, name, None)) for name in words.PARTS.values()}
    request = f"{before.per_request:f}" if before and before.per_request else ""
    million, once = "US dollars per million tokens.", "US dollars, added to every run that used any tokens."
    return PriceDraft(
        input=left.text_input("Input", typed["input"], placeholder="0.15", autocomplete="off", help=million),
        output=right.text_input("Output", typed["output"], placeholder="0.60", autocomplete="off", help=million),
        cached=left.text_input("Cached input", typed["cached"], placeholder=optional, autocomplete="off"),
        cache_write=right.text_input("Cache write", typed["cache_write"], placeholder=optional, autocomplete="off"),
        per_request=left.text_input("Per request", request, placeholder="Nothing", autocomplete="off", help=once),
    )


def _typed(rate: Rate | None) -> str:
    return f"{rate.base:f}" if rate else ""


def _draw_start(entry: OwnPrice | None, place: DeltaGenerator) -> datetime | None:
    """Draw the field of the moment, and return it; None is now."""
    zone = current().settings.timezone
    local = place.datetime_input(
        "In force from",
        entry.starts_at.astimezone(zone).replace(tzinfo=None) if entry else None,
        help=f"{zone.key}. Leave it empty for now. A run has the price of the moment when it starts. From a moment in "
        "the past on, runs keep what they cost until they are priced anew.",
    )
    return None if local is None else local.replace(tzinfo=zone)


def _save(user: User, change: PriceChange, typed: object) -> None:
    """Set the price; one that looks like a slip only when it is saved a second time."""
    desk, doubted = current().prices, st.session_state.get(DOUBTED)
    try:
        doubts = desk.doubts(user, change)
        if not doubts or doubted == typed:
            desk.set(user, change)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return
    if doubts and doubted != typed:
        st.session_state[DOUBTED] = typed
        parts = " and ".join(doubts)
        st.warning(f"More than {SUSPICIOUS} times what the lists say: {parts}. If that is meant, save it again.")
        return
    _close()
    reads.price_concerns.clear()
    st.session_state[TOLD] = f"The price of {change.model_id} is set."
    st.rerun()
