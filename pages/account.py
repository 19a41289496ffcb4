"""Account: the own password if there is one, where one is signed in, and the tokens of one's programs."""

from datetime import UTC, datetime

import streamlit as st

from core.domain.accounts import SessionInfo
from core.errors import LabError
from core.lab import current
from core.services.passwords import MIN_CHARACTERS
from pages.components import session
from pages.components.account_data import draw_data
from pages.components.api_tokens import draw_tokens
from pages.components.devices import device
from pages.components.errors import ICON
from pages.components.format import literal, when
from pages.components.keys_own import draw_own_keys

CARD_WIDTH = 560

user = session.require_user()
accounts, tokens, zone = current().accounts, current().tokens, current().settings.timezone


def change_password() -> None:
    """Draw the form, and change the password when it is sent."""
    with st.form("password", clear_on_submit=True):
        old = st.text_input("Current password", type="password", autocomplete="current-password")
        hint = f"{MIN_CHARACTERS} characters or more. A few words in a row are easy to keep in mind."
        new = st.text_input("New password", type="password", autocomplete="new-password", help=hint)
        again = st.text_input("New password once more", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Change password")
    if not sent:
        return
    if new != again:
        st.error("The two new passwords differ. Nothing was changed.", icon=ICON)
        return
    try:
        accounts.change_password(user, old, new, session.token())
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        kept = " Your API tokens work on; revoke them below if somebody else may know them." if tokens.of(user) else ""
        st.success(f"Your password is changed. You are signed out everywhere else.{kept}", icon=":material/check:")


def show_session(one: SessionInfo) -> None:
    """Draw one session, with the button that ends it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        used = f"Last used {when(one.last_seen_at, zone)} · since {when(one.created_at, zone)} · {literal(one.address)}"
        st.markdown(f"**{literal(device(one.agent))}**  \n:small[:gray[{used}]]")
        if one.current:
            st.badge("This browser", color="green")
        elif st.button("End", key=f"end-{one.id}", help="Sign this browser out"):
            accounts.end_session(user, one.id)
            st.rerun()


st.title("Account")
st.caption(f"{literal(user.username)} · {user.tier.title()} · {user.role}")
with st.container(width=CARD_WIDTH):
    company = current().openid
    if company and not company.people.ways_in(user).password:
        st.subheader("Signing in")
        st.markdown(f"You sign in with {literal(company.name)}. The lab keeps no password of yours.")
    else:
        st.subheader("Password")
        change_password()
    st.subheader("Where you are signed in")
    sessions = accounts.sessions(user, session.token())
    with st.container(border=True):
        for one in sessions:
            show_session(one)
    if len(sessions) == 1:
        st.caption("Nowhere else. Other browsers that you sign in with are listed here.")
    elif st.button("Sign out everywhere else", icon=":material/logout:"):
        accounts.end_other_sessions(user, session.token())
        st.rerun()
    draw_tokens(user, zone, datetime.now(UTC))
    draw_own_keys(user, zone, datetime.now(UTC))
    draw_data(user, zone, datetime.now(UTC))
