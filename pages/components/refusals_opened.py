"""One refusal, opened: what was refused, why in plain words, what would help, and the way there."""

import streamlit as st

from core.domain.refusals import Reason, Refusal, Remedy, reason_of
from core.lab import current
from pages.components import format as show
from pages.components.people_place import PERSON, TIERS, VIEW
from pages.components.prices_place import MODEL
from pages.components.refusals_place import close

FOUND_UNDER: dict[Remedy, tuple[str, str, str, dict[str, str]]] = {
    Remedy.PERSON: ("people.py", "Tier and limits of {name}", ":material/group:", {PERSON: "{person}"}),
    Remedy.TIERS: ("people.py", "What each tier allows", ":material/stairs:", {VIEW: TIERS}),
    Remedy.BUDGETS: ("budgets.py", "Budgets", ":material/savings:", {}),
    Remedy.KEYS: ("keys.py", "Keys and providers", ":material/key:", {}),
    Remedy.PRICES: ("prices.py", "The model and its price", ":material/sell:", {MODEL: "{model}"}),
}
"""The page, its name, its icon, and what it is asked for."""


def draw_opened(refusal: Refusal, name: str | None) -> None:
    """Draw the refusal of the user of that name, None for who is erased or gone."""
    reason = reason_of(refusal.code)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{show.literal(reason.title)}**", width="content")
            st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
        times = "once" if refusal.times == 1 else f"{show.count(refusal.times)} times"
        told = f"{name or refusal.user_id} · {refusal.model_id} · {times}"
        st.markdown(show.literal(told))
        at = show.when(refusal.minute, current().settings.timezone)
        st.caption(show.literal(at), help=show.exact_utc(refusal.minute), width="content")
        if refusal.message:
            st.markdown(f"> {show.literal(refusal.message)}")
        st.markdown("**What would help**")
        st.markdown(show.literal(reason.helps))
        _draw_ways(refusal, reason, name)


def _draw_ways(refusal: Refusal, reason: Reason, name: str | None) -> None:
    """Draw the ways to what would help; to nobody's account where the person is erased."""
    for remedy in reason.remedies:
        if remedy is Remedy.PERSON and name is None:
            continue
        page, label, icon, asked = FOUND_UNDER[remedy]
        query = {key: value.format(person=refusal.user_id, model=refusal.model_id) for key, value in asked.items()}
        st.page_link(page, label=show.literal(label.format(name=name)), icon=icon, query_params=query)
