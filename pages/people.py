"""People: everybody's accounts, each to be opened and changed, and what the tiers allow. For administrators."""

from datetime import UTC, datetime

import streamlit as st

from pages.components.people_adding import draw_adding
from pages.components.people_filters import draw_filters
from pages.components.people_list import draw_list
from pages.components.people_opened import draw_opened
from pages.components.people_place import EVERYBODY, PERSON, TIERS, draw_view
from pages.components.people_tiers import draw_tiers
from pages.components.session import require_administrator

user = require_administrator()
opened = st.query_params.get(PERSON)

with st.container(horizontal=True, vertical_alignment="center"):
    st.title("People", anchor=False)
    view = draw_view()
    if view == EVERYBODY:
        draw_adding()
if view == TIERS:
    draw_tiers(user)
else:
    wanted = draw_filters()
    if opened:
        beside, here = st.columns(2)
        with beside:
            draw_list(user, wanted)
        with here:
            draw_opened(user, opened, datetime.now(UTC))
    else:
        draw_list(user, wanted)
