"""The dialog that adds a person, with a link to set a password or with a password, and the one that imports many.

Once there are links, a dialog is left by its button alone: a click beside it would lose them.
"""

from dataclasses import dataclass

import streamlit as st

from core.domain.access import Role, Tier
from core.errors import LabError
from core.lab import current
from core.services.accounts import MAX_NAME
from core.services.passwords import MIN_CHARACTERS
from core.services.people import Added
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.people_access import HOURS, draw_made
from pages.components.people_filters import ROLES
from pages.components.people_importing import Importing, draw_importing
from pages.components.session import require_administrator

OPEN = "people-dialog"


@dataclass(slots=True)
class Adding:
    """Somebody who is being added, and who was."""

    added: Added | None = None


def draw_adding() -> None:
    """Draw the buttons that add people, and the dialog that one of them opened."""
    st.button("Import", icon=":material/upload:", on_click=_open, args=(Importing(),))
    st.button("Add person", icon=":material/person_add:", on_click=_open, args=(Adding(),))
    match st.session_state.get(OPEN):
        case Adding() as adding:
            st.dialog("Add a person", dismissible=not adding.added, on_dismiss=_close)(_draw_dialog)(adding)
        case Importing() as importing:
            dialog = st.dialog("Import people", width="large", dismissible=importing.added is None, on_dismiss=_close)
            dialog(_draw_importing)(importing)


def _open(dialog: Adding | Importing) -> None:
    st.session_state[OPEN] = dialog


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _draw_importing(importing: Importing) -> None:
    draw_importing(require_administrator(), importing)
    if importing.added is not None and st.button("Done"):
        _close()
        st.rerun()


def _draw_dialog(adding: Adding) -> None:
    require_administrator()
    if adding.added is None:
        _draw_form(adding)
        return
    user, link = adding.added.user, adding.added.link
    if link:
        draw_made(link, user.username)
    else:
        st.success(f"{literal(user.username)} can sign in now.", icon=":material/check:")
    if st.button("Done"):
        _close()
        st.rerun()


def _draw_form(adding: Adding) -> None:
    tiers, roles = list(Tier), list(Role)
    with st.form("add-person", border=False):
        name = st.text_input("User name", max_chars=MAX_NAME, autocomplete="off")
        left, right = st.columns(2)
        tier = left.selectbox("Tier", tiers, format_func=str.title)
        role = right.selectbox("Role", roles, format_func=ROLES.__getitem__)
        password = st.text_input(
            "Password",
            type="password",
            placeholder="Leave empty for a link",
            autocomplete="new-password",
            help=f"Without one you get a link, which works for {HOURS} hours, by which the person sets a password. "
            f"A password has {MIN_CHARACTERS} characters or more.",
        )
        sent = st.form_submit_button("Add person")
    if sent:
        _add(adding, name, tier, role, password)


def _add(adding: Adding, name: str, tier: Tier, role: Role, password: str) -> None:
    user = require_administrator()
    try:
        adding.added = current().people.add(user, name, tier=tier, role=role, password=password or None)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.rerun()
