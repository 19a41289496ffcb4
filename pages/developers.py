"""API: how programs do what people do here, with examples that work as pasted."""

import streamlit as st

from core.lab import current
from core.services.examples import SIGN_IN, examples
from core.services.reference import published
from pages.components import api_reference as reference
from pages.components.address import base_url
from pages.components.model_picker import first_choice
from pages.components.session import require_user

user = require_user()
lab = current()
where = base_url()
model_id = first_choice({choice.model.id: choice for choice in lab.models.choices(user)})

st.title("API", anchor=False)
st.markdown(
    "Scripts, CI jobs and other programs run prompts, and read your history and what it cost, over HTTP. The rules are "
    "those of these pages: your tier, your limits, one record for each run."
)

st.subheader("Address and token")
reference.draw_code(f"{where}/api/v1")
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.markdown("A program signs in with a token. Put one where the examples look for it.", width="content")
    st.page_link("account.py", label="Make a token", icon=":material/key:")
reference.draw_code(SIGN_IN)

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.subheader("Examples", width="content")
    language = st.segmented_control(
        "Language",
        reference.LANGUAGES,
        default="curl",
        required=True,
        key="in",
        bind="query-params",
        label_visibility="collapsed",
    )
for example in examples(where, model_id, lab.settings.request_timeout_s):
    reference.draw_example(example, language)

st.subheader("Routes")
reference.draw_routes(published(), where)

st.subheader("Limits")
reference.draw_limits(lab.settings, lab.runs.limits(user))

st.subheader("When something goes wrong")
reference.draw_errors(published())
