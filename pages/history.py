"""History: one's own runs, newest first, each to be opened whole or compared with another; for admins everybody's."""

from datetime import UTC, datetime

import streamlit as st

from core.errors import InvalidRequest
from core.lab import current
from pages.components import reads
from pages.components.downloads import draw_download
from pages.components.history_filters import draw_filters
from pages.components.history_list import draw_held, draw_list
from pages.components.history_opened import draw_compared, draw_opened
from pages.components.history_place import COMPARE, RUN, draw_jump, draw_whose
from pages.components.session import require_user

user = require_user()
lab, now = current(), datetime.now(UTC)
opened, held = st.query_params.get(RUN), st.query_params.get(COMPARE)

head = st.container(horizontal=True, vertical_alignment="center")
with head:
    st.title("History", anchor=False)
    everybody = draw_whose(user)
    at = draw_jump()
people = lab.history.people(user) if everybody else {}
models = sorted(reads.catalogue()) if everybody else reads.model_ids(user.id, user)
try:
    chosen = draw_filters(models, people)
except InvalidRequest as error:
    st.warning(error.message, icon=":material/edit:")
    st.stop()
with head, st.container(width="content"):
    draw_download(chosen, people, everybody)
if opened and held and opened != held:
    draw_compared(user, held, opened, now)
elif opened:
    beside, here = st.columns(2)
    with beside:
        draw_list(user, chosen, at, people, everybody)
    with here:
        draw_opened(user, opened, now)
else:
    if held:
        draw_held()
    draw_list(user, chosen, at, people, everybody)
