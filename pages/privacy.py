"""Privacy: how long texts are kept, all that is kept about a person, and the way to have somebody erased."""

import streamlit as st

from pages.components.privacy_person import draw_person
from pages.components.privacy_texts import draw_purge, draw_retention
from pages.components.session import require_administrator

CARD_WIDTH = 640

user = require_administrator()
st.title("Privacy", anchor=False)
with st.container(width=CARD_WIDTH):
    st.subheader("Texts of runs", anchor=False)
    draw_retention()
    draw_purge()
    st.subheader("A person's data", anchor=False)
    draw_person(user)
