"""One's own refused runs of the last days, small."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.accounts import User
from core.domain.refusals import Refusal
from core.lab import current
from pages.components import format as show


def draw_own(user: User, zone: ZoneInfo, now: datetime) -> None:
    """Draw the section; a line where nothing was refused."""
    st.subheader("Refused runs")
    with st.container(border=True):
        own = current().refusals.own(user)
        for one in own:
            _draw_refusal(one, zone, now)
        if not own:
            st.markdown("None in the last 7 days. Were a run refused, you would read here why.")


def _draw_refusal(one: Refusal, zone: ZoneInfo, now: datetime) -> None:
    times = f" · {show.count(one.times)} times" if one.times > 1 else ""
    told = f"{show.when(one.minute, zone, now=now)} · {one.model_id}{times}"
    st.markdown(f"{show.literal(one.message)}  \n:small[:gray[{show.literal(told)}]]")
