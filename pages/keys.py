"""Keys: every provider, the key that the lab calls it with, and the providers that were added."""

from datetime import UTC, datetime

import streamlit as st

from core.lab import current
from pages.components.keys_dialogs import ask_to_add, draw_key_dialog
from pages.components.keys_list import draw_standing
from pages.components.session import require_administrator

user = require_administrator()
zone, now = current().settings.timezone, datetime.now(UTC)
standings = current().key_table.of_lab(user)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Keys", width="content")
    st.button("Add provider", icon=":material/add:", on_click=ask_to_add)
st.caption(
    "What the lab calls each provider with. Keys go in and never come out: they are kept sealed, and sent to the "
    "address that they were stored for and nowhere else. Whoever has stored a key of their own pays with that one."
)
for standing in standings:
    draw_standing(user, standing, zone, now)
draw_key_dialog(user)
