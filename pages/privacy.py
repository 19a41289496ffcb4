"""Privacy: how long texts are kept, all that is kept about a person, and the way to have somebody erased."""

import streamlit as st

from pages.components.privacy_dialogs import draw_privacy_dialog
from pages.components.privacy_person import draw_person
from pages.components.privacy_texts import draw_texts
from pages.components.session import require_administrator

CARD_WIDTH = 640

user = require_administrator()
st.title("Privacy", anchor=False)
with st.container(width=CARD_WIDTH):
    draw_privacy_dialog()
    st.subheader("Texts of runs", anchor=False)
    draw_texts()
    st.subheader("A person's data", anchor=False)
    draw_person(user)
