"""Pricing past runs anew: what to choose, what it would change, and what was done before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import streamlit as st

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.repricing import Preview, Repricing
from core.errors import LabError
from core.lab import current
from core.services.names import provider_name
from core.services.repricing import LONGEST_REASON, Days
from pages.components import format as show
from pages.components import reads
from pages.components.errors import ICON
from pages.components.prices_foreseen import draw_foreseen
from pages.components.prices_form import TOLD
from pages.components.prices_words import when

FORESEEN = "repricing-foreseen"
PAST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would change if `chosen` runs were priced anew, or the repricing of that id taken back."""

    chosen: Days | UUID
    preview: Preview


def draw_repricing(user: User) -> None:
    """Draw all of it; product managers see what was done."""
    if user.role is Role.ADMIN:
        with st.container(border=True):
            _draw_choice(user)
        if foreseen := _foreseen(user):
            with st.container(border=True):
                _draw_preview(user, foreseen)
    st.subheader("What was priced anew", anchor=False)
    past = current().repricings.past(user, PAST_SHOWN)
    names, now = current().accounts.names() if past else {}, datetime.now(UTC)
    for one in past:
        with st.container(border=True):
            _draw_past(user, one, names, now)
    if not past:
        st.caption("Nothing yet. When a price was wrong, set the right one from its day on, and price the runs anew.")


def _draw_choice(user: User) -> None:
    st.caption(
        "Prices past runs by the prices that were set for their time. What a provider billed is never changed, and "
        "what a list said at the time stays unless you have set another price since."
    )
    today = datetime.now(current().settings.timezone).date()
    days, model, provider = st.columns([2, 3, 2])
    chosen = days.date_input("Days", (today.replace(day=1), today), max_value=today + timedelta(1), key="reprice-days")
    model_id = model.selectbox("Model", reads.catalogue(), None, key="reprice-model", placeholder="All")
    known = current().prices.providers(user)
    named = provider.selectbox(
        "Provider", known, None, key="reprice-provider", placeholder="All", format_func=provider_name
    )
    if st.button("Show what would change", icon=":material/difference:"):
        _foresee(user, chosen, model_id, named)


def _foresee(user: User, days: tuple[date, ...], model_id: str | None, provider: str | None) -> None:
    if len(days) != 2:
        st.error("Choose a first day and a last day.", icon=ICON)
        return
    chosen = Days(days[0], days[1], model_id, provider)
    try:
        with st.spinner("Pricing the runs …"):
            st.session_state[FORESEEN] = Foreseen(chosen, current().repricings.preview(user, chosen))
    except LabError as error:
        st.error(show.literal(error.message), icon=ICON)


def _foreseen(user: User) -> Foreseen | None:
    """Return what is foreseen; what would be taken back is looked at now."""
    kept: Foreseen | UUID | None = st.session_state.get(FORESEEN)
    if isinstance(kept, UUID):
        kept = st.session_state[FORESEEN] = Foreseen(kept, current().repricings.preview_undo(user, kept))
    return kept


def _draw_preview(user: User, foreseen: Foreseen) -> None:
    back = isinstance(foreseen.chosen, UUID)
    draw_foreseen(foreseen.preview, back=back)
    if foreseen.preview.total.runs:
        reason = st.text_input("Reason", max_chars=LONGEST_REASON, placeholder="Others will read it", key="reprice-why")
    with st.container(horizontal=True):
        label = "Take it back" if back else "Price them anew"
        if foreseen.preview.total.runs and st.button(label, type="primary", key="reprice-now"):
            _apply(user, foreseen, reason)
        st.button("Leave it", type="tertiary", on_click=_forget)


def _apply(user: User, foreseen: Foreseen, reason: str) -> None:
    repricings = current().repricings
    try:
        with st.spinner("Changing the ledger …"):
            if isinstance(foreseen.chosen, UUID):
                done = repricings.undo(user, foreseen.chosen, foreseen.preview, reason)
            else:
                done = repricings.apply(user, foreseen.chosen, foreseen.preview, reason)
    except LabError as error:
        st.error(show.literal(error.message), icon=ICON)
    else:
        _forget()
        st.session_state[TOLD] = f"{show.runs(done.runs)} cost {show.money_exact(done.after)} now."
        st.rerun()


def _forget() -> None:
    for key in (FORESEEN, "reprice-why"):
        st.session_state.pop(key, None)


def _draw_past(user: User, one: Repricing, names: Mapping[str, str], now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        mark = " :gray-badge[Taken back]" if one.undone else " :blue-badge[Takes one back]" if one.undoes else ""
        before, after = show.money_exact(one.before), show.money_exact(one.after)
        figures = show.literal(f"{_chosen(one)} · {show.runs(one.runs)} · {before} → {after}")
        by = show.literal(f"{names.get(one.made_by, one.made_by)}, {when(one.made_at, now)}")
        st.markdown(f"**{show.literal(one.reason)}**{mark}  \n{figures}  \n:small[:gray[{by}]]")
        if user.role is Role.ADMIN and not one.undone:
            st.button("Take back", key=f"undo-{one.id}", on_click=_foresee_undo, args=(one.id,))


def _foresee_undo(repricing_id: UUID) -> None:
    """Have what would be taken back be shown. For a callback: the page draws it, and asks who is there."""
    st.session_state[FORESEEN] = repricing_id


def _chosen(one: Repricing) -> str:
    zone, selection = current().settings.timezone, one.selection
    first = selection.period.start.astimezone(zone).date()
    last = (selection.period.end - timedelta(microseconds=1)).astimezone(zone).date()
    days = f"{first.day} {first:%b %Y}" if first == last else f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
    of = selection.model_id or (provider_name(selection.provider) if selection.provider else "")
    return f"{days}{f' · {of}' if of else ''}"
