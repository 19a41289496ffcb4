"""Who is signed in. Every page begins with `require_user()`, and so does every fragment that shows or does something.

Nothing is believed from one rerun to the next: the cookie names a session, the database says whose it is and whether it
is alive, and what this page remembers must belong to that session. Otherwise the page forgets everything.

A widget's callback runs before the script does, so before anybody asked who is there. It changes what the page
remembers, and may stop a run; it shows nothing and starts nothing.
"""

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import lab
from core.domain.access import Role, reads_everybodys_spend
from core.domain.accounts import User
from core.domain.web import BROWSER_COOKIE, SESSION_COOKIE

LOCAL_ADDRESS = "127.0.0.1"
_KEY = "signed_in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who was signed in when this run of the script asked. `run` is that run."""

    user: User
    session_id: str
    run: object


def require_user() -> User:
    """Return who is signed in, or show the way in and end the run. Raises `StoreUnavailable`."""
    user = find_user()
    if user is None:
        st.info("You are signed out. Reload the page to sign in.", icon=":material/lock:")
        st.stop()
    return user


def require_administrator() -> User:
    """Return who is signed in, an administrator; else say so and end the run. Raises `StoreUnavailable`."""
    user = require_user()
    if user.role is not Role.ADMIN:
        st.info("This page is for administrators. Ask one of them if you need something here.", icon=":material/lock:")
        st.stop()
    return user


def require_manager() -> User:
    """Return who is signed in, one who sees everybody's spend; else say so and end the run. Raises
    `StoreUnavailable`."""
    user = require_user()
    if not reads_everybodys_spend(user.role):
        st.info("This page is for administrators and product managers. Ask one of them.", icon=":material/lock:")
        st.stop()
    return user


def find_user() -> User | None:
    """Return who is signed in, or None. Asks the database once in each run. Raises `StoreUnavailable`."""
    before: SignedIn | None = st.session_state.get(_KEY)
    run = _this_run()
    if before and before.run is run:
        return before.user
    found = lab.current().accounts.user_of(token())
    if before and (found is None or found[1] != before.session_id):
        forget()
    if found is None:
        return None
    st.session_state[_KEY] = SignedIn(*found, run)
    return found[0]


def forget() -> None:
    """Drop all that this page remembers, widgets included."""
    st.session_state.clear()


def token() -> str:
    """Return the session's token as the browser sent it, or nothing."""
    return str(st.context.cookies.get(SESSION_COOKIE, ""))


def browser() -> str:
    """Return what names this browser, signed in or not."""
    return str(st.context.cookies.get(BROWSER_COOKIE, ""))


def address() -> str:
    """Return the address that the browser connects from."""
    return st.context.ip_address or LOCAL_ADDRESS


def _this_run() -> object:
    """Return an object that is new in each run of the script or of a fragment."""
    context = get_script_run_ctx()
    return context.parallel_coordinator if context else object()
