"""The launcher: `streamlit run app.py` and `uvicorn app:app` both serve the lab from here."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.api.front import Front
from core.api.routes import api, description, routes
from core.api.security import Security
from core.lifespan import lifespan
from core.serve import checked_settings
from core.services.reference import publish
from pages.components.errors import show_unexpected

checked_settings()  # however it is started, a setting that will not do ends it here, in one line
publish(description)

app = st.App(
    Path(__file__).resolve().parent / "pages" / "main.py",
    routes=routes,
    middleware=[Middleware(Security), Middleware(Front, api=api)],
    lifespan=lifespan,
    on_script_error=show_unexpected,
)
