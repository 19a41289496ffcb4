"""Where the lab is, as the browser sees it: for what is copied out of it."""

import streamlit as st

from core.lab import current


def base_url() -> str:
    """Return the lab's address, without a slash at its end."""
    settings = current().settings
    return (st.context.url or f"http://{settings.host}:{settings.port}/").rpartition("/")[0]
