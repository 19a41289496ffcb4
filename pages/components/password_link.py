"""What a link to set a password opens, before anybody is signed in."""

import streamlit as st

from core.errors import LabError
from core.lab import current
from core.services.password_links import PARAMETER
from core.services.passwords import MIN_CHARACTERS
from pages.components import session
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.sign_in import CARD_WIDTH, TOP_MARGIN

SET = "password-set"


def show(code: str) -> None:
    """Show the form that sets the password, that it is set, or why the link does not work."""
    with st.container(horizontal_alignment="center"), st.container(width=CARD_WIDTH):
        st.space(TOP_MARGIN)
        if st.session_state.get(SET) == code:
            st.success("Your password is set, and every earlier sign-in has ended.", icon=":material/check:")
            st.button("Sign in", on_click=_leave)
            return
        try:
            user = current().password_links.open(code, session.address())
        except LabError as error:
            st.error(error.message, icon=":material/link_off:")
            st.button("To the sign-in", on_click=_leave)
        else:
            _draw_form(code, user.username)


def _draw_form(code: str, username: str) -> None:
    with st.form("set-password"):
        st.subheader("Choose a password", anchor=False)
        st.markdown(f"You sign in with the user name **{literal(username)}** and this password.")
        hint = f"{MIN_CHARACTERS} characters or more. A few words in a row are easy to keep in mind."
        new = st.text_input("New password", type="password", autocomplete="new-password", help=hint)
        again = st.text_input("New password once more", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Set password")
    if sent and new != again:
        st.error("The two passwords differ. Nothing was changed.", icon=ICON)
    elif sent:
        _set(code, new)


def _set(code: str, password: str) -> None:
    try:
        current().password_links.use(code, password, session.address())
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.session_state[SET] = code
        st.rerun()


def _leave() -> None:
    st.session_state.pop(SET, None)
    st.query_params.pop(PARAMETER, None)
