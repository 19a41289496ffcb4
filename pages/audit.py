"""Audit: every administrative act and every look at another's texts, newest first, each note to be opened."""

import streamlit as st

from core.errors import InvalidRequest
from pages.components.audit_download import draw_download
from pages.components.audit_filters import draw_filters
from pages.components.audit_list import draw_list
from pages.components.audit_opened import draw_opened
from pages.components.audit_place import opened
from pages.components.session import require_administrator

user = require_administrator()
note_id = opened()

head = st.container(horizontal=True, vertical_alignment="center")
with head:
    st.title("Audit", anchor=False)
asked = draw_filters(user)
with head, st.container(width="content"):
    draw_download(asked)
try:
    if note_id is None:
        draw_list(user, asked)
    else:
        beside, here = st.columns([3, 2])
        with beside:
            draw_list(user, asked)
        with here:
            draw_opened(user, note_id)
except InvalidRequest as error:
    st.warning(error.message, icon=":material/edit:")
