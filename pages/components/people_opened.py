"""One person: what they may, how much of it they used, and the ways into their account."""

from dataclasses import replace
from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.limits import NO_LIMIT, NO_OWN_LIMITS, Cap, OwnLimits, number_of
from core.domain.people import Person
from core.errors import LabError
from core.lab import current
from pages.components import format as show
from pages.components.errors import ICON
from pages.components.people_access import draw_access
from pages.components.people_filters import ROLES
from pages.components.people_place import close

TOLD = "people-told"


def draw_opened(user: User, user_id: str, now: datetime) -> None:
    """Draw the person whose id stands in the URL."""
    try:
        person = current().people.find(user, user_id)
    except LabError as error:
        st.info(error.message, icon=":material/search_off:")
        st.button("Back to the list", icon=":material/arrow_back:", on_click=close)
        return
    if told := st.session_state.pop(TOLD, None):
        st.toast(show.literal(told), icon=":material/check:")
    with st.container(border=True):
        _draw_head(user, person, now)
        _draw_form(user, person.user)
    with st.container(border=True):
        draw_access(user, person, now)


def _draw_head(user: User, person: Person, now: datetime) -> None:
    one, zone = person.user, current().settings.timezone
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        mark = " :gray-badge[You]" if one.id == user.id else "" if one.enabled else " :orange-badge[Disabled]"
        st.subheader(f"{show.literal(one.username)}{mark}", anchor=False, width="content")
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
    limits = current().runs.limits(one)
    most = f" of {show.count(limits.runs_a_month)}" if limits.runs_a_month is not None else ""
    used = f"{show.count(person.runs)}{most} runs this month"
    since = f" · here since {show.when(one.created_at, zone, now=now)}" if one.created_at else ""
    st.caption(f"{used} · {show.literal(show.money(person.cost))} spent{since}")


def _draw_form(user: User, one: User) -> None:
    tiers, roles = list(Tier), list(Role)
    with st.form(f"person-{one.id}", border=False):
        left, right = st.columns(2)
        tier = left.selectbox("Tier", tiers, tiers.index(one.tier), format_func=str.title, key=f"tier-{one.id}")
        role = right.selectbox(
            "Role",
            roles,
            roles.index(one.role),
            format_func=ROLES.__getitem__,
            key=f"role-{one.id}",
            help="Operations sees its own runs, Product also what everybody spends, Administrator everything.",
        )
        left, right = st.columns(2)
        usual = current().runs.limits(replace(one, limits=NO_OWN_LIMITS))
        a_month = _limit(left, "Runs a month", one.limits.runs_a_month, usual.runs_a_month, f"month-{one.id}")
        at_once = _limit(right, "Runs at once", one.limits.runs_at_once, usual.runs_at_once, f"once-{one.id}")
        sent = st.form_submit_button("Save")
    if sent:
        _save(user, one, tier, role, (a_month, at_once))


def _limit(place: DeltaGenerator, label: str, own: Cap | None, usual: int | None, key: str) -> str:
    """Draw the field of a limit, and return what is written there: nothing where the usual one holds."""
    return place.text_input(
        label,
        _words(own.most) if own else "",
        placeholder=f"As usual: {_words(usual)}",
        help=f"Leave it empty for what everybody of the tier has. Or write a number, or “{NO_LIMIT}”.",
        autocomplete="off",
        key=key,
    )


def _words(most: int | None) -> str:
    return NO_LIMIT if most is None else show.count(most)


def _save(user: User, one: User, tier: Tier, role: Role, limits: tuple[str, str]) -> None:
    try:
        own = OwnLimits(*(Cap(number_of(words)) if words.strip() else None for words in limits))
        current().people.change(user, one.id, tier=tier, role=role, limits=own)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.session_state[TOLD] = f"{one.username} is saved."
        st.rerun()
