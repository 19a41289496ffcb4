"""One recorded run, opened: prompt, answer, figures, parameters, the derivation of its cost."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.runs import RunRecord
from core.services.names import provider_name
from pages.components import format as show
from pages.components import status
from pages.components.cost_story import draw_story
from pages.components.history_place import RUN, close, compare
from pages.components.run_details import draw_cost, draw_raw_usage, figures
from pages.components.tags import tags_line

ROLES = {"system": "System prompt", "user": "Prompt", "assistant": "Answer before"}
LONG_TEXT = 1200
ICON = ":material/chat:"
CLEARED = "The texts of this run were cleared when their retention passed. Its figures are kept."


def draw_run(run: RunRecord, zone: ZoneInfo, now: datetime, owner: str | None = None) -> None:
    """Draw the whole run. `owner` is the user name of whose it is, where it is another's."""
    with st.container(border=True):
        _draw_head(run, zone, now, owner)
        _draw_texts(run)
        if run.error_message:
            st.error(show.literal(run.error_message), icon=":material/error:")
        for notice in run.notices:
            st.caption(f":material/info: {show.literal(notice)}")
        st.markdown("**Cost**")
        draw_cost(run.cost, run.usage, run.prices, run.paid_by)
        draw_story(run, zone, now)
        draw_raw_usage(run.raw_usage)
        st.markdown("**Parameters**")
        st.caption(show.literal(_parameters(run)))
        if run.tags:
            st.caption(show.literal(f"Tags: {tags_line(run.tags)}"))


def _draw_head(run: RunRecord, zone: ZoneInfo, now: datetime, owner: str | None) -> None:
    provider, _, model = run.model_id.partition("/")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{show.literal(model)}**")
        if owner is None:
            st.page_link("playground.py", label="Open in playground", icon=ICON, query_params={RUN: str(run.id)})
        st.button(
            "Compare with …", icon=":material/compare_arrows:", type="tertiary", on_click=compare, args=(str(run.id),)
        )
        st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(status.word(run.status), color=status.colour(run.status))
        told = " · ".join(filter(None, (owner, provider_name(provider), show.when(run.created_at, zone, now=now))))
        st.caption(show.literal(told), help=show.exact_utc(run.created_at), width="content")
    st.caption(show.literal(figures(run)))


def _draw_texts(run: RunRecord) -> None:
    if run.messages is None:
        st.caption(CLEARED)
        return
    for message in run.messages:
        st.markdown(f"**{ROLES[message.role]}**")
        st.code(
            message.content,
            language=None,
            wrap_lines=True,
            height=300 if len(message.content) > LONG_TEXT else "content",
        )
    st.markdown("**Answer**")
    if run.reasoning:
        with st.expander("Thinking", type="compact"):
            st.markdown(run.reasoning)
    st.markdown(run.response or "*The model said nothing.*")


def _parameters(run: RunRecord) -> str:
    chosen = run.parameters
    told = [f"temperature {chosen.temperature:g}", f"top_p {chosen.top_p:g}"]
    told += [f"at most {show.tokens(chosen.max_tokens)} tokens out", f"sent from the {run.origin.value}"]
    told += [f"answered by {run.answered_by}"] if run.answered_by else []
    told += [f"finished with “{run.finish_reason}”"] if run.finish_reason else []
    return " · ".join([*told, f"run {run.id}"])
