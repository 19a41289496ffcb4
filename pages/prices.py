"""Prices: what every model costs and who says so, own prices from a day on, and pricing past runs anew.

Administrators set them; product managers read them.
"""

import streamlit as st

from core.domain.access import Role, reads_everybodys_spend
from pages.components.prices_filters import draw_filters
from pages.components.prices_form import ask_for_new, draw_price_dialog
from pages.components.prices_list import draw_list
from pages.components.prices_opened import draw_opened
from pages.components.prices_place import MODEL, PRICES, draw_view
from pages.components.prices_repricing import draw_repricing
from pages.components.prices_sources import draw_concerns, draw_lists
from pages.components.session import require_user

user = require_user()
if not reads_everybodys_spend(user.role):
    st.info("This page is for administrators and product managers. Ask one of them.", icon=":material/lock:")
    st.stop()
opened = st.query_params.get(MODEL)

with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Prices", anchor=False)
    view = draw_view()
    if view == PRICES:
        draw_lists(user)
        if user.role is Role.ADMIN and not opened:
            st.button("Set a price", icon=":material/add:", key="new-price", on_click=ask_for_new)
if view == PRICES:
    draw_concerns(user)
    wanted = draw_filters(user)
    if opened:
        beside, here = st.columns(2)
        with beside:
            draw_list(user, wanted)
        with here:
            draw_opened(user, opened)
    else:
        draw_list(user, wanted)
else:
    draw_repricing(user)
if user.role is Role.ADMIN:
    draw_price_dialog()
