"""The launcher: `streamlit run app.py` and `uvicorn app:app` both serve the lab from here."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.api.routes import routes
from core.api.security import Security
from core.lab import lifespan
from pages.components.errors import show_unexpected

app = st.App(
    Path(__file__).resolve().parent / "pages" / "main.py",
    routes=routes,
    middleware=[Middleware(Security)],
    lifespan=lifespan,
    on_script_error=show_unexpected,
)
