"""Refusals: who was refused what, when, how often and why, and what would help."""

import streamlit as st

from core.errors import InvalidRequest
from pages.components.refusals_filters import draw_filters
from pages.components.refusals_list import draw_list
from pages.components.session import require_administrator

user = require_administrator()
st.title("Refusals", anchor=False)
asked = draw_filters(user)
try:
    draw_list(user, asked)
except InvalidRequest as error:
    st.warning(error.message, icon=":material/edit:")
