"""The dialogs about keys: the one that takes a key, the ones that remove, and the one about an added provider.

Which one is open stands in the session, so that it outlives a rerun of the page. Inside it only itself is rerun.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.domain.accounts import User
from core.domain.providers import LONGEST_KEY, AddedProvider, Checked, Verdict
from core.domain.runs import Payer
from core.errors import LabError
from core.lab import current
from core.services.key_table import Standing
from pages.components.errors import ICON
from pages.components.format import literal
from pages.components.keys_provider import draw_provider_form
from pages.components.keys_words import place
from pages.components.session import require_user

OPEN, TOLD, TYPED = "keys-dialog", "keys-told", "keys-typed"
DONE = ":material/check:"


@dataclass(slots=True)
class Saving:
    """A key that is about to be stored, and what the provider said to the one that was typed."""

    standing: Standing
    payer: Payer
    checked: Checked | None = None


@dataclass(frozen=True, slots=True)
class RemovingKey:
    """A key that is about to be removed."""

    standing: Standing
    payer: Payer


@dataclass(frozen=True, slots=True)
class Editing:
    """A provider that is about to be changed, or, if there is none, added."""

    provider: AddedProvider | None = None


@dataclass(frozen=True, slots=True)
class RemovingProvider:
    """A provider that is about to be removed."""

    standing: Standing


def ask_to_save(standing: Standing, payer: Payer) -> None:
    """Open the dialog that takes a key: the lab's, or the user's own."""
    st.session_state[OPEN] = Saving(standing, payer)


def ask_to_remove_key(standing: Standing, payer: Payer) -> None:
    """Open the dialog that removes a key."""
    st.session_state[OPEN] = RemovingKey(standing, payer)


def ask_to_add() -> None:
    """Open the dialog that adds a provider."""
    st.session_state[OPEN] = Editing()


def ask_to_change(provider: AddedProvider) -> None:
    """Open the dialog that changes an added provider."""
    st.session_state[OPEN] = Editing(provider)


def ask_to_remove_provider(standing: Standing) -> None:
    """Open the dialog that removes an added provider."""
    st.session_state[OPEN] = RemovingProvider(standing)


def tell(sentence: str, icon: str = DONE) -> None:
    """Close what is open, and draw the page anew with this sentence above it."""
    _close()
    st.session_state[TOLD] = literal(sentence), icon
    st.rerun()


def draw_key_dialog(user: User) -> None:
    """Draw the dialog that is open, if one is, and tell what the one before it did."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(told[0], icon=told[1])
    match st.session_state.get(OPEN):
        case Saving() as saving:
            _draw_saving(saving)
        case RemovingKey() as removing:
            _draw_removing_key(removing)
        case Editing() as editing:
            _draw_editing(editing)
        case RemovingProvider() as leaving:
            _draw_removing_provider(leaving)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(TYPED, None)


@st.dialog("Store a key", on_dismiss=_close)
def _draw_saving(saving: Saving) -> None:
    user, standing = require_user(), saving.standing
    st.markdown(f"**{literal(standing.display_name)}** :small[:gray[{place(standing)}]]")
    with st.form("key", border=False):
        hint = "It is sent to this address and nowhere else, and is never shown again."
        text = st.text_input(
            "Key", key=TYPED, type="password", max_chars=LONGEST_KEY, autocomplete="new-password", help=hint
        )
        if st.form_submit_button("Save", type="primary"):
            _save(user, saving, text)
    if saving.checked:
        _draw_verdict(user, saving, saving.checked, text)


def _save(user: User, saving: Saving, text: str, *, unchecked: bool = False) -> None:
    saving.checked = None
    name = saving.standing.display_name
    try:
        with st.spinner(f"Asking {literal(name)} …"):
            checked = current().keys.save(user, saving.payer, saving.standing.name, text, unchecked=unchecked)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return
    if unchecked:
        tell(f"The key for {name} is saved, unchecked.")
    elif checked.verdict is Verdict.ACCEPTED:
        tell(f"{checked.sentence} It is saved.")
    saving.checked = checked


def _draw_verdict(user: User, saving: Saving, checked: Checked, text: str) -> None:
    if checked.verdict is Verdict.REFUSED:
        st.error(f"{literal(checked.sentence)} Nothing was saved.", icon=":material/block:")
        return
    st.warning(f"{literal(checked.sentence)} So nobody can say whether the key is right.", icon=":material/cloud_off:")
    if st.button("Save without checking"):
        _save(user, saving, text, unchecked=True)


@st.dialog("Remove this key?", on_dismiss=_close)
def _draw_removing_key(removing: RemovingKey) -> None:
    user, standing = require_user(), removing.standing
    st.markdown(_what_then(standing, removing.payer))
    with st.container(horizontal=True):
        if st.button("Remove key", type="primary") and _done(
            lambda: current().keys.remove(user, removing.payer, standing.name)
        ):
            tell(f"The key for {standing.display_name} is removed.")
        st.button("Cancel", type="tertiary", on_click=_close)


def _what_then(standing: Standing, payer: Payer) -> str:
    name = literal(standing.display_name)
    if payer is Payer.OWN:
        then = (
            "Your runs use the lab's again." if standing.given else "The lab has none, so its models are out of reach."
        )
    else:
        then = (
            "The one from the environment serves again." if standing.given else "Runs without an own key are refused."
        )
    return f"The lab forgets the key for {name}. {then} It cannot be brought back; it can be stored again."


@st.dialog("Provider", on_dismiss=_close)
def _draw_editing(editing: Editing) -> None:
    user = require_user()
    saved = draw_provider_form(user, editing.provider)
    if saved and editing.provider:
        tell(f"{saved.display_name} is changed.")
    elif saved:
        then = "Store a key for it next." if saved.needs_key else "Its models are listed in a moment."
        tell(f"{saved.display_name} is added. {then}")


@st.dialog("Remove this provider?", on_dismiss=_close)
def _draw_removing_provider(leaving: RemovingProvider) -> None:
    user, standing = require_user(), leaving.standing
    st.markdown(
        f"{literal(standing.display_name)} can be used no more, and every key for it is deleted, people's own as well. "
        "Its runs stay in the history and in every figure. This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button("Remove provider", type="primary") and _done(
            lambda: current().providers.remove(user, standing.name)
        ):
            tell(f"{standing.display_name} is removed.")
        st.button("Cancel", type="tertiary", on_click=_close)


def _done(work: Callable[[], object]) -> bool:
    """Do `work` and return whether it was done; if it was not, say why."""
    try:
        work()
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return False
    return True
