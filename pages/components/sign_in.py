"""The sign-in page: streamlit-authenticator's form over our own accounts, and the way to the company's provider.

Of the library, the form is used, and hashes like its own. Its cookie can be read by scripts and never revoked, and its
attempts are not counted; so the form gets a controller that asks our accounts, and one that keeps no cookie.
"""

from urllib.parse import urlencode

import streamlit as st
from streamlit_authenticator import Authenticate

from core import lab
from core.domain.accounts import User
from core.domain.openid import words
from core.domain.web import OPENID_START_PATH, REFUSAL, SESSION_PATH, own_page, without_refusal
from core.errors import LabError
from pages.components import session
from pages.components.format import literal
from pages.components.redirect import leave_for

LAB = "Testing Lab"
WORDS = {"Username": "User name", "Password": "Password", "Login": "Sign in"}
CARD_WIDTH = 380
TOP_MARGIN = 96


def show(page: str) -> None:
    """Show the form; once signed in, the browser goes on to `page`, a path of this site."""
    page = own_page(without_refusal(page))
    with st.container(horizontal_alignment="center"), st.container(width=CARD_WIDTH):
        st.space(TOP_MARGIN)
        openid = lab.current().openid
        if openid:
            _offer_company_account(openid.name, page)
        door = _Door()
        _Form(door).login(fields=WORDS | {"Form name": "Or with a password" if openid else LAB})
        if door.error:
            st.error(door.error, icon=":material/error:")
        elif door.user:
            _enter(door.user, page)


def _offer_company_account(name: str, page: str) -> None:
    """Draw the button that leads to the company's provider, and what came of the last time."""
    st.header(LAB)
    if refused := words(st.query_params.get(REFUSAL, "")):
        st.error(refused, icon=":material/error:")
    if st.button(f"Sign in with {literal(name)}", icon=":material/domain:", width="stretch"):
        leave_for(f"{OPENID_START_PATH}?{urlencode({'next': page})}")


class _Door:
    """Stands where the library expects its controllers: asks our accounts, and keeps no cookie."""

    def __init__(self) -> None:
        self.user: User | None = None
        self.error: str | None = None

    def login(self, username: str, password: str, *limits: object, **options: object) -> bool:
        """Sign in, and say whether it went well; `user` or `error` is then set."""
        try:
            self.user = lab.current().accounts.sign_in(username, password, session.address())
        except LabError as error:
            self.error = error.message
        return self.user is not None

    def get_cookie(self) -> None:
        """Know nobody."""

    def set_cookie(self) -> None:
        """Leave the cookie to the route that sets it out of reach of scripts."""


class _Form(Authenticate):  # type: ignore[misc]
    """The library's form alone: without its cookie component, its waiting and its own user list."""

    def __init__(self, door: _Door) -> None:
        self.attrs = {"login_sleep_time": 0}
        self.path = None
        self.cookie_controller = self.authentication_controller = door


def _enter(user: User, page: str) -> None:
    try:
        code = lab.current().accounts.issue_code(user, session.browser())
    except LabError as error:
        st.error(error.message, icon=":material/error:")
    else:
        leave_for(f"{SESSION_PATH}?{urlencode({'code': code, 'next': page})}")
