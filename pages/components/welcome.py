"""What stands in the playground before the first prompt: what will be here, and one click that fills it."""

import streamlit as st

from core.domain.templates import TemplateTitle
from pages.components.format import literal
from pages.components.templates import ICONS, pick

OFFERED = 6


def draw_welcome(templates: tuple[TemplateTitle, ...]) -> None:
    """Draw a line of help and a few templates to start from, the user's own before the built-in ones."""
    st.space("medium")
    st.subheader("What would you like to test?", anchor=False)
    st.caption(
        "Write a prompt below, or start from a template. The answer streams here, with its tokens, its cost and its "
        "speed. Press Enter to send, Esc to stop."
    )
    with st.container(horizontal=True, gap="small"):
        for template in sorted(templates, key=lambda template: not template.own)[:OFFERED]:
            st.button(
                literal(template.name),
                key=f"start-{template.id}",
                icon=ICONS[template.own],
                on_click=pick,
                args=(template.id,),
                help=literal(template.hint),
            )
