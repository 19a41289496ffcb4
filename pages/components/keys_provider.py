"""The form of a provider that speaks Chat Completions, as OpenAI and most others do."""

import streamlit as st

from core.domain.accounts import User
from core.domain.addresses import LONGEST_URL
from core.domain.providers import LONGEST_DISPLAY_NAME, LONGEST_NAME, AddedProvider
from core.errors import LabError
from core.lab import current
from pages.components.errors import ICON
from pages.components.format import literal

NAME_HINT = "It stands before the slash in the names of models, and cannot be changed later."
URL_HINT = "Up to and including the version. The lab adds /chat/completions and /models."
INNER_HINT = (
    "Without it, the lab sends nothing to addresses of its own network, and only uses https: nobody can have it read "
    "what only machines in there may. Allow it for a server of your own, such as vLLM or Ollama."
)


def draw_provider_form(user: User, provider: AddedProvider | None) -> AddedProvider | None:
    """Draw the form of `provider`, or of a new one, and return it as it is kept, once it was sent and accepted."""
    known = provider or AddedProvider("", "", "")
    with st.form("provider", border=False):
        draft = _fields(known, new=provider is None)
        if st.form_submit_button("Save" if provider else "Add provider", type="primary"):
            return _saved(user, draft, new=provider is None)
    return None


def _fields(known: AddedProvider, *, new: bool) -> AddedProvider:
    name = st.text_input(
        "Name", known.name, max_chars=LONGEST_NAME, placeholder="mistral", help=NAME_HINT, disabled=not new
    )
    display_name = st.text_input(
        "Display name", known.display_name, max_chars=LONGEST_DISPLAY_NAME, placeholder="Mistral"
    )
    base_url = st.text_input(
        "Base URL", known.base_url, max_chars=LONGEST_URL, placeholder="https://api.mistral.ai/v1", help=URL_HINT
    )
    if not new:
        st.caption("Keys that were stored for another address are refused until they are stored again.")
    needs_key = st.checkbox("It needs a key", known.needs_key)
    inner = st.checkbox("It may be in the inner network", known.inner_network, help=INNER_HINT)
    return AddedProvider(name.strip(), display_name, base_url, needs_key, inner, known.enabled)


def _saved(user: User, draft: AddedProvider, *, new: bool) -> AddedProvider | None:
    providers = current().providers
    try:
        with st.spinner("Looking its address up …"):
            return providers.add(user, draft) if new else providers.change(user, draft)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return None
