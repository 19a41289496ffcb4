"""The templates of the playground: the menu of all of them, and what was picked on its way into the composer."""

import streamlit as st

from core.domain.accounts import User
from core.domain.templates import TemplateTitle
from core.errors import NotFound
from core.lab import Lab
from pages.components.format import literal
from pages.components.reads import template_titles
from pages.components.template_dialogs import ask_to_manage

PICKED, MANAGE = "template", "manage"
ICONS = {False: ":material/article:", True: ":material/bookmark:"}


def pick_template(user: User) -> None:
    """Draw the menu, and pick what was clicked."""
    titles = {title.id: title for title in template_titles(user.id, user)}
    clicked = st.menu_button(
        "Templates",
        [*titles, MANAGE],
        format_func=lambda key: _label(titles[key]) if key in titles else ":material/settings: Your templates",
        icon=ICONS[False],
        type="tertiary",
    )
    if clicked == MANAGE:
        ask_to_manage()
    elif clicked:
        pick(clicked)


def pick(template_id: str) -> None:
    """Have a template put into the composer. Before the composer's prompt is drawn only."""
    st.session_state[PICKED] = template_id


def picked_prompt(lab: Lab, user: User) -> str | None:
    """Return the prompt of the template that was picked, once."""
    template_id = st.session_state.pop(PICKED, None)
    try:
        return lab.templates.open(user, template_id).prompt if template_id else None
    except NotFound:  # deleted elsewhere, a moment ago
        st.toast("That template is no longer there.", icon=":material/search_off:")
        return None


def _label(title: TemplateTitle) -> str:
    return f"{ICONS[True]} {literal(title.name)}" if title.own else title.name
