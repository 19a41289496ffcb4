"""What stands in the playground before the first prompt: what will be here, and one click that fills it."""

import streamlit as st

from core.domain.templates import Template
from pages.components.composer import write

OFFERED = 6


def draw_welcome(templates: tuple[Template, ...]) -> None:
    """Draw a line of help and a few templates to start from."""
    st.space("medium")
    st.subheader("What would you like to test?", anchor=False)
    st.caption(
        "Write a prompt below, or start from a template. The answer streams here, with its tokens, its cost and its "
        "speed. Press Enter to send, Esc to stop."
    )
    with st.container(horizontal=True, gap="small"):
        for template in templates[:OFFERED]:
            st.button(
                template.name,
                key=f"start-{template.id}",
                icon=":material/article:",
                on_click=write,
                args=(template.prompt,),
                help=template.description,
            )
