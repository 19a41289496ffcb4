"""The ways into a person's account: their password, where they are signed in, and whether they may sign in at all."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from core.domain.accounts import User
from core.domain.people import Person
from core.errors import LabError
from core.lab import current
from core.services.password_links import LINK_LIMIT, Link
from pages.components import format as show
from pages.components.address import base_url
from pages.components.errors import ICON

MADE = "people-link"
HOURS = int(LINK_LIMIT.total_seconds() // 3600)


def draw_access(user: User, person: Person, now: datetime) -> None:
    """Draw what can be done about it, and the link that was just made."""
    st.markdown("**Signing in**")
    st.caption(_told(user, person, now))
    own = person.user.id == user.id
    with st.container(horizontal=True):
        if person.user.enabled:
            _draw_link_button(user, person.user)
            _draw_sessions_button(user, person)
            _draw_disabling(user, person.user, own=own)
        elif st.button("Enable", icon=":material/lock_open:", help="Let this person sign in again"):
            _do(lambda: current().people.enable(user, person.user.id))
    for_whom, link = st.session_state.pop(MADE, (None, None))
    if link and for_whom == person.user.id:
        draw_made(link, person.user.username)


def draw_made(link: Link, username: str) -> None:
    """Draw a new link, to be copied."""
    with st.container(border=True):
        st.markdown(f"**Send this link to {show.literal(username)} now**  \nThis is the only time that it is shown.")
        st.code(f"{base_url()}{link.path}", language=None, wrap_lines=True)
        st.caption(f"It sets a password, once, within {HOURS} hours. Whoever has it can do so: send it to nobody else.")


def _told(user: User, person: Person, now: datetime) -> str:
    zone = current().settings.timezone
    if not person.user.enabled:
        return "This account is disabled: nobody can sign in to it, and its API tokens are revoked."
    places = {0: "Not signed in anywhere", 1: "Signed in at one place"}
    where = places.get(person.sessions, f"Signed in at {person.sessions} places")
    seen = f" · last seen {show.when(person.last_seen_at, zone, now=now)}" if person.last_seen_at else ""
    waits = current().people.link_waits(user, person.user.id)
    link = f" · a link to set a password works until {show.when(waits, zone, now=now)}" if waits else ""
    return f"{where}{seen}{link}."


def _draw_link_button(user: User, one: User) -> None:
    told = "Make a link by which this person sets a new password. One made earlier works no more."
    if st.button("Password link", icon=":material/link:", help=told):
        _do(lambda: st.session_state.update({MADE: (one.id, current().people.make_link(user, one.id))}))


def _draw_sessions_button(user: User, person: Person) -> None:
    if st.button("Sign out everywhere", icon=":material/logout:", disabled=not person.sessions):
        _do(lambda: current().people.end_sessions(user, person.user.id))


def _draw_disabling(user: User, one: User, *, own: bool) -> None:
    if own:
        st.button("Disable", icon=":material/block:", disabled=True, help="Another administrator can disable yours.")
        return
    with st.popover("Disable", icon=":material/block:"):
        st.markdown("Sessions end at once and API tokens are revoked for good. Runs and figures stay.")
        if st.button(f"Disable {show.literal(one.username)}"):
            _do(lambda: current().people.disable(user, one.id))


def _do(work: Callable[[], object]) -> None:
    """Do `work` and draw the page anew; if it cannot be done, say why."""
    try:
        work()
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.rerun()
