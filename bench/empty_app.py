"""The least that Streamlit can serve: a page of one sentence."""

import streamlit as st

st.text("Nothing is here.")
