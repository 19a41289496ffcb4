"""The two dialogs about one's own templates: the one that saves a prompt, and the one that renames and deletes.

Which one is open stands in the session, so that it outlives a rerun of the page. Inside it only itself is rerun.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.domain.accounts import User
from core.domain.chat import MAX_CHARACTERS
from core.domain.templates import MAX_NAME, Template, TemplateTitle
from core.errors import LabError, NameTaken, NotFound
from core.lab import current
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.reads import template_titles
from pages.components.session import require_user

OPEN, TOLD = "template-dialog", "template-told"
HINT_LENGTH = 56


@dataclass(slots=True)
class Saving:
    """A prompt that is about to be saved, and the name that it may have only in place of another one."""

    prompt: str
    taken: str | None = None


@dataclass(slots=True)
class Managing:
    """The own templates: the id of the one that is being renamed, and the last one that was deleted."""

    renaming: str | None = None
    deleted: Template | None = None


def ask_to_save(prompt: str) -> None:
    """Open the dialog that saves `prompt` as a template."""
    st.session_state[OPEN] = Saving(prompt)


def ask_to_manage() -> None:
    """Open the dialog with the user's own templates."""
    st.session_state[OPEN] = Managing()


def draw_template_dialog() -> None:
    """Draw the dialog that is open, if one is, and tell what the one before it did."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(literal(told), icon=":material/bookmark_added:")
    match st.session_state.get(OPEN):
        case Saving() as saving:
            _draw_saving(saving)
        case Managing() as managing:
            _draw_own(managing)


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Save as a template", on_dismiss=_close)
def _draw_saving(saving: Saving) -> None:
    user = require_user()
    with st.form("template", border=False):
        name = st.text_input("Name", max_chars=MAX_NAME, placeholder="Release notes", autocomplete="off")
        prompt = st.text_area("Prompt", saving.prompt, height=200, max_chars=MAX_CHARACTERS)
        if st.form_submit_button("Save"):
            saving.taken = None
            _save(user, saving, name, prompt)
    if saving.taken and st.button(f"Replace “{literal(saving.taken)}”", icon=":material/find_replace:"):
        _save(user, saving, saving.taken, prompt, replace=True)


def _save(user: User, saving: Saving, name: str, prompt: str, *, replace: bool = False) -> None:
    name = _tidy(name)
    try:
        current().templates.save(user, name, prompt, replace=replace)
    except LabError as error:
        saving.taken = name if isinstance(error, NameTaken) and error.replaceable else None
        st.error(error.message, icon=ICON)
    else:
        _close()
        st.session_state[TOLD] = f"“{name}” is saved. You find it under Templates."
        _show_anew(user)


@st.dialog("Your templates", width="medium", on_dismiss=_close)
def _draw_own(managing: Managing) -> None:
    user = require_user()
    if managing.deleted:
        _draw_undo(user, managing, managing.deleted)
    own = [title for title in template_titles(user.id, user) if title.own]
    for title in own:
        if title.id == managing.renaming:
            _draw_renaming(user, managing, title)
        else:
            _draw_row(user, managing, title)
    if not own:
        st.markdown("A prompt that you send often is kept here. Send one, then choose **Save as template** below it.")


def _draw_row(user: User, managing: Managing, title: TemplateTitle) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{literal(title.name)}**  \n:small[:gray[{literal(_hint(title))}]]", width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            st.button("Rename", key=f"rename-{title.id}", type="tertiary", on_click=_choose, args=(managing, title.id))
            if st.button("Delete", key=f"delete-{title.id}", type="tertiary"):
                managing.deleted = _delete(user, title)
                _show_anew(user)


def _hint(title: TemplateTitle) -> str:
    hint = _tidy(title.hint)
    return hint if len(hint) <= HINT_LENGTH else f"{hint[:HINT_LENGTH].rstrip()}…"


def _choose(managing: Managing, template_id: str | None) -> None:
    managing.renaming = template_id


def _draw_renaming(user: User, managing: Managing, title: TemplateTitle) -> None:
    with st.form("rename", border=False):
        name = st.text_input("New name", title.name, max_chars=MAX_NAME, autocomplete="off")
        with st.container(horizontal=True):
            sent = st.form_submit_button("Rename")
            st.form_submit_button("Cancel", type="tertiary", on_click=_choose, args=(managing, None))
        if sent and _done(lambda: current().templates.rename(user, title.id, _tidy(name))):
            managing.renaming = None
            _show_anew(user)


def _draw_undo(user: User, managing: Managing, deleted: Template) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="deleted"):
        st.markdown(f"“{literal(deleted.name)}” is deleted.", width="content")
        if st.button("Undo", icon=":material/undo:", type="tertiary") and _done(lambda: _restore(user, deleted)):
            managing.deleted = None
            _show_anew(user)


def _delete(user: User, title: TemplateTitle) -> Template | None:
    try:
        return current().templates.remove(user, title.id)
    except NotFound:  # another tab was first
        return None


def _restore(user: User, deleted: Template) -> Template:
    return current().templates.save(user, deleted.name, deleted.prompt, deleted.category, deleted.description)


def _done(work: Callable[[], object]) -> bool:
    """Do `work` and return whether it was done; if it was not, say why."""
    try:
        work()
    except LabError as error:
        st.error(error.message, icon=ICON)
        return False
    return True


def _show_anew(user: User) -> None:
    template_titles.clear(user.id, user)
    st.rerun()


def _tidy(text: str) -> str:
    return " ".join(text.split())
