"""Draws the turns of a conversation: what was said, the answer, its figures, and what can be done next."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.domain.models import ModelInfo
from core.domain.runs import RunStatus
from pages.components.answers import Answer
from pages.components.blocks import split_blocks
from pages.components.composer import write
from pages.components.conversation import Conversation, Turn, name_in_url
from pages.components.format import literal
from pages.components.live_answer import draw_live
from pages.components.opened_run import CLEARED
from pages.components.run_details import draw_figures
from pages.components.template_dialogs import ask_to_save
from pages.components.transcript import as_json, as_markdown

_AGAIN = "again"
_CUT_AT_LIMIT = frozenset({"length", "max_tokens"})
"""The providers' words for an answer that reached its longest length."""


def asked_again() -> bool:
    """Return whether the user has just asked to run the last prompt again."""
    return bool(st.session_state.pop(_AGAIN, False))


def draw_turns(conversation: Conversation, model: ModelInfo) -> None:
    """Draw every turn; the last one as it goes while its run is in flight, and then with what can be done next."""
    for turn in conversation.turns[:-1]:
        _draw_prompt(turn)
        _draw_reply(turn).empty()  # at once, not at the end of the next run, there are no next steps to it any more
    if conversation.turns:
        _draw_prompt(conversation.turns[-1])
        _draw_last(conversation, model)


def _draw_prompt(turn: Turn) -> None:
    if turn.prompt:
        with st.chat_message("user", avatar=":material/person:"):
            st.text(turn.prompt)


def _draw_last(conversation: Conversation, model: ModelInfo) -> None:
    if run := conversation.live:
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            draw_live(run)
        return
    with _draw_reply(conversation.turns[-1]):
        _draw_next_steps(conversation, model)


def _draw_reply(turn: Turn) -> DeltaGenerator:
    """Draw a reply and return its foot. Both stand where `draw_live` drew: what has streamed stays as it is."""
    message = st.chat_message("assistant", avatar=":material/smart_toy:")
    with message.container():
        if isinstance(turn.reply, Answer) and turn.reply.reasoning:
            with st.expander("Thinking", type="compact"):
                st.markdown(turn.reply.reasoning)
        for block in split_blocks(turn.text):
            st.markdown(block)
    foot = message.container(gap="xsmall")
    if isinstance(turn.reply, Answer):
        with foot:
            _draw_foot(turn.reply)
    return foot


def _draw_foot(answer: Answer) -> None:
    if answer.status is RunStatus.ERROR:
        st.error(literal(answer.error_message or "The run failed."), icon=":material/error:")
    for remark in (_ending(answer), *answer.notices):
        if remark:
            st.caption(f":material/info: {literal(remark)}")
    draw_figures(answer)


def _ending(answer: Answer) -> str | None:
    """What is to be said of how the answer ended, where it is not simply complete."""
    if answer.cleared:
        return CLEARED
    match answer.status:
        case RunStatus.STARTED:
            return "This run is still under way, or its end is not recorded yet. Reload the page in a moment."
        case RunStatus.CANCELLED | RunStatus.INCOMPLETE | RunStatus.UNKNOWN:
            return answer.error_message or "Stopped. What had arrived is kept, and was charged."
        case RunStatus.COMPLETED if answer.finish_reason in _CUT_AT_LIMIT:
            return "The answer reached its longest length. Raise it under Parameters to let it go on."
        case RunStatus.COMPLETED if not answer.text:
            return "The model ended without a word."
        case _:
            return None


def _draw_next_steps(conversation: Conversation, model: ModelInfo) -> None:
    with st.container(horizontal=True, gap="small", key="next-steps"):
        if conversation.turns[-1].prompt:
            _draw_repeats(conversation, model)
        with st.popover("Copy or save", icon=":material/content_copy:", type="tertiary"):
            _draw_copies(conversation)
        st.button(
            "New conversation",
            icon=":material/add_comment:",
            type="tertiary",
            on_click=_start_anew,
            shortcut="Alt+N",
        )


def _draw_repeats(conversation: Conversation, model: ModelInfo) -> None:
    answer = conversation.turns[-1].reply
    other = isinstance(answer, Answer) and answer.model_id != model.id
    st.button(
        f"Run again with {literal(model.name.rpartition('/')[2])}" if other else "Run again",
        icon=":material/replay:",
        type="tertiary",
        on_click=_ask_again,
        help="Put the same prompt once more, to the model that is chosen below.",
    )
    st.button(
        "Edit",
        icon=":material/edit:",
        type="tertiary",
        on_click=_edit,
        args=(conversation,),
        help="Take the prompt back into the composer.",
    )
    st.button(
        "Save as template",
        icon=":material/bookmark_add:",
        type="tertiary",
        on_click=ask_to_save,
        args=(conversation.turns[-1].prompt,),
        help="Keep the prompt, to start from it again.",
    )


def _draw_copies(conversation: Conversation) -> None:
    if text := conversation.turns[-1].text:
        st.code(text, language=None, wrap_lines=True, height=300)
    st.caption("The whole conversation as a file:")
    with st.container(horizontal=True, gap="small"):
        _draw_downloads(conversation)


def _draw_downloads(conversation: Conversation) -> None:
    name = f"conversation-{conversation.run_id}"
    for label, form, mime, ending in (
        ("Markdown", as_markdown, "text/markdown", "md"),
        ("JSON", as_json, "application/json", "json"),
    ):
        st.download_button(
            label,
            partial(form, conversation),
            f"{name}.{ending}",
            mime,
            on_click="ignore",
            type="tertiary",
            icon=":material/description:",
        )


def _ask_again() -> None:
    st.session_state[_AGAIN] = True


def _edit(conversation: Conversation) -> None:
    write(conversation.turns.pop().prompt)
    name_in_url(conversation)


def _start_anew() -> None:
    st.session_state["conversation"] = Conversation()
    st.query_params.pop("run", None)
