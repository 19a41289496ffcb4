"""One's API tokens: the list, the form that makes one, and the secret that is shown once."""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import Scope, TokenInfo, User
from core.errors import LabError, NotFound
from core.lab import current
from core.services.tokens import LIFETIMES, MAX_NAME, MAX_TOKENS
from pages.components.errors import ICON
from pages.components.format import literal, when

OPEN, MADE = "token-form", "token-made"
REFERENCE = "developers.py"
LASTS = {f"{lifetime.days} days": lifetime for lifetime in LIFETIMES} | {"Until it is revoked": None}
USUAL = "90 days"
MAY = {Scope.RUN: "Run prompts", Scope.READ: "Read your history and statistics"}


def draw_tokens(user: User, zone: ZoneInfo, now: datetime) -> None:
    """Draw the whole section."""
    tokens = current().tokens.of(user)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("API tokens", width="content")
        _draw_button(full=len(tokens) >= MAX_TOKENS)
    if st.session_state.get(OPEN):
        _draw_form(user)
    if made := st.session_state.pop(MADE, None):
        _draw_secret(*made)
    with st.container(border=True):
        for token in tokens:
            _draw_token(user, token, zone, now)
        if not tokens:
            st.markdown("Scripts, CI jobs and other programs sign in with a token. Make one for each of them.")
    st.page_link(REFERENCE, label="How to call the API", icon=":material/code:")


def _draw_button(*, full: bool) -> None:
    why = f"{MAX_TOKENS} tokens are as many as one account may have. Revoke one first." if full else None
    shown = full or bool(st.session_state.get(OPEN))
    st.button("New token", icon=":material/add:", disabled=shown, help=why, on_click=_unfold, args=(True,))


def _unfold(unfolded: bool) -> None:
    st.session_state[OPEN] = unfolded


def _draw_form(user: User) -> None:
    with st.form("token"):
        name = st.text_input("Name", max_chars=MAX_NAME, placeholder="Nightly evaluation", autocomplete="off")
        scopes = st.pills("It may", list(MAY), selection_mode="multi", default=list(MAY), format_func=MAY.__getitem__)
        lasts = st.selectbox("It lasts", list(LASTS), index=list(LASTS).index(USUAL))
        with st.container(horizontal=True):
            sent = st.form_submit_button("Create token")
            st.form_submit_button("Cancel", type="tertiary", on_click=_unfold, args=(False,))
    if sent:
        _create(user, name.strip(), scopes, LASTS[lasts])


def _create(user: User, name: str, scopes: list[Scope], lifetime: timedelta | None) -> None:
    try:
        secret, token = current().tokens.create(user, name, scopes, lifetime)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        _unfold(False)
        st.session_state[MADE] = secret, token.name
        st.rerun()


def _draw_secret(secret: str, name: str) -> None:
    with st.container(border=True):
        st.markdown(f"**Copy the token “{literal(name)}” now**  \nThis is the only time that it is shown.")
        st.code(secret, language=None, wrap_lines=True)
        st.caption("Whoever has it can do what it may in your name. Keep it where you keep passwords, not in code.")


def _draw_token(user: User, token: TokenInfo, zone: ZoneInfo, now: datetime) -> None:
    expired = token.expired(now)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        mark = " :orange-badge[Expired]" if expired else ""
        title = f"**{literal(token.name)}** `…{token.ending}`{mark}"
        st.markdown(f"{title}  \n:small[:gray[{_may(token)}]]  \n:small[:gray[{_times(token, zone, now)}]]")
        with st.popover("Remove" if expired else "Revoke", key=f"revoke-{token.id}"):
            st.markdown("Programs that use it are refused at once. This cannot be undone.")
            if st.button("Revoke this token", key=f"revoke-now-{token.id}"):
                _revoke(user, token)


def _revoke(user: User, token: TokenInfo) -> None:
    with suppress(NotFound):  # another tab was first
        current().tokens.revoke(user, token.id)
    st.rerun()


def _may(token: TokenInfo) -> str:
    return f"May {' and '.join(words.lower() for scope, words in MAY.items() if scope in token.scopes)}"


def _times(token: TokenInfo, zone: ZoneInfo, now: datetime) -> str:
    def at(instant: datetime) -> str:
        return when(instant, zone, now=now)

    used = f"last used {at(token.last_used_at)}" if token.last_used_at else "never used"
    ends = f"ends {at(token.expires_at)}" if token.expires_at else "lasts until it is revoked"
    return f"Made {at(token.created_at)} · {used} · {ends}"
