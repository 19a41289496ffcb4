"""History: one's own runs, newest first, each to be opened whole."""

from datetime import UTC, datetime

import streamlit as st

from core.errors import NotFound
from core.lab import current
from pages.components.history_filters import RUN, draw_filters
from pages.components.history_list import draw_download, draw_list
from pages.components.opened_run import draw_run
from pages.components.session import require_user

user = require_user()
lab, now = current(), datetime.now(UTC)
opened = st.query_params.get(RUN)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("History", anchor=False)
    corner = st.container(width="content")
chosen = draw_filters(user)
with corner:
    draw_download(user, chosen)
if opened is None:
    draw_list(user, chosen, now, opened)
else:
    beside, here = st.columns(2)
    with beside:
        draw_list(user, chosen, now, opened)
    with here:
        try:
            draw_run(lab.history.open(user, opened), lab.settings.timezone, now)
        except NotFound as error:
            st.info(error.message, icon=":material/search_off:")
