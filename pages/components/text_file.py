"""The choice of a text file, which the browser reads by itself: the lab's route for uploads, which would ask nobody who
they are, stays closed."""

from pathlib import Path

import streamlit as st

_FILE = st.components.v2.component(
    "text_file",
    html='<label><span></span><input type="file" accept=".csv,.txt,text/csv,text/plain"></label><p role="alert"></p>',
    css="""
label { display: block; font: 400 0.875rem/1.6 var(--st-font); color: var(--st-text-color); }
label span { display: block; }
input { font: inherit; color: inherit; max-width: 100%; }
input::file-selector-button {
  font: inherit; color: inherit; padding: 0.25rem 0.75rem; margin-right: 0.75rem; cursor: pointer;
  background: var(--st-background-color); border: 1px solid var(--st-border-color); border-radius: 8px;
}
p { margin: 0; font: 400 0.875rem/1.6 var(--st-font); color: var(--st-text-color); }
p:empty { display: none; }
""",
    js=(Path(__file__).parent / "text_file.js").read_text(),
)


def choose_text(label: str, key: str) -> None:
    """Draw the choice; what the file says is then the value of the widget `key`, which is drawn afterwards."""

    def take() -> None:
        if text := st.session_state[f"{key}-file"].text:
            st.session_state[key] = text

    _FILE(key=f"{key}-file", data={"label": label}, on_text_change=take)
