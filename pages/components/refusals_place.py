"""Where in the list of refusals the page stands, and which one is opened: all of it lives in the URL."""

import json
from datetime import datetime

import streamlit as st

from core.domain.refusals import Refusal

AFTER, REFUSAL = "after", "refusal"


def after() -> Refusal | None:
    """Return the refusal after which the page begins, as far as its place is told; None at the latest."""
    return _refusal(st.query_params.get(AFTER))


def to_beginning() -> None:
    """Go to the latest refusal. For a callback."""
    st.query_params.pop(AFTER, None)


def go(last: Refusal) -> None:
    """Go to what comes after `last`. For a button's callback."""
    st.query_params[AFTER] = written(last)


def opened() -> str | None:
    """Return which refusal is opened, as `written`."""
    return st.query_params.get(REFUSAL)


def toggle(one: str) -> None:
    """Open a refusal, or close it if it is open. For a callback."""
    if opened() == one:
        close()
    else:
        st.query_params[REFUSAL] = one


def close() -> None:
    """Close the opened refusal. For a callback."""
    st.query_params.pop(REFUSAL, None)


def written(one: Refusal) -> str:
    """Return what names a refusal in the URL."""
    return json.dumps([one.minute.isoformat(), one.user_id, one.model_id, one.code])


def _refusal(text: str | None) -> Refusal | None:
    try:
        minute, user_id, model_id, code = map(str, json.loads(text or ""))
        at = datetime.fromisoformat(minute)
    except (ValueError, TypeError):
        return None
    return Refusal(user_id, model_id, code, "", at) if at.tzinfo else None
