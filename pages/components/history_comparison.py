"""Two runs side by side: what was asked, how, what came of it and what it took, with the differences marked."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.runs import RunRecord, speed
from pages.components import format as show
from pages.components import status
from pages.components.history_differences import LONGEST, differences, marked
from pages.components.history_place import close
from pages.components.opened_run import CLEARED, ROLES

Pair = tuple[RunRecord, RunRecord]


def draw_comparison(runs: Pair, zone: ZoneInfo, now: datetime) -> None:
    """Draw both runs, the first to be chosen on the left."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**Two runs compared**", width="content")
            st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
        st.table(_figures(runs, zone, now), border="horizontal", hide_index=True, alt="The figures of both runs")
        st.caption(
            "What only the first has is on red, what only the second has on green; figures that differ are bold."
        )
        _draw_messages(runs)
        _draw_pair("Answer", *(run.response for run in runs))


def compared(runs: Pair, zone: ZoneInfo, now: datetime) -> list[tuple[str, str, str]]:
    """Return name, first and second of every figure and parameter, as people read them."""
    first, second = (_told(run, zone, now) for run in runs)
    changes = {
        "Cost": show.change(*(run.cost.amount for run in reversed(runs))),
        "Tokens out": show.change(*(run.output_tokens for run in reversed(runs))),
        "Whole time": show.change(*(run.latency_ms for run in reversed(runs))),
    }
    return [(name, first[name], second[name] + _in_brackets(changes.get(name))) for name in first]


def _told(run: RunRecord, zone: ZoneInfo, now: datetime) -> dict[str, str]:
    chosen, rate = run.parameters, speed(run.output_tokens, run.latency_ms, run.ttft_ms)
    return {
        "Model": run.model_id,
        "Started": show.when(run.created_at, zone, now=now),
        "Status": status.word(run.status),
        "Temperature": f"{chosen.temperature:g}",
        "Top p": f"{chosen.top_p:g}",
        "Tokens at most": show.tokens(chosen.max_tokens),
        "Tokens in": show.tokens(run.input_tokens),
        "Tokens out": show.tokens(run.output_tokens),
        "Cost": show.cost(run.cost),
        "First word": show.duration(run.ttft_ms),
        "Whole time": show.duration(run.latency_ms),
        "Speed": show.speed(rate),
        "Finished with": run.finish_reason or show.UNKNOWN,
    }


def _in_brackets(change: str | None) -> str:
    return f" ({change})" if change and change != "0%" else ""


def _figures(runs: Pair, zone: ZoneInfo, now: datetime) -> dict[str, list[str]]:
    rows = compared(runs, zone, now)
    bold = {name: first != second for name, first, second in rows}
    return {
        "Figure": [name for name, _, _ in rows],
        "First": [_weighed(first, bold[name]) for name, first, _ in rows],
        "Second": [_weighed(second, bold[name]) for name, _, second in rows],
    }


def _weighed(text: str, bold: bool) -> str:
    return f"**{show.literal(text)}**" if bold else show.literal(text)


def _draw_messages(runs: Pair) -> None:
    """Draw what both were asked, part by part, without the parts that neither has."""
    parts = [_parts(run) for run in runs]
    for title in ("System prompt", "Said before", "Prompt"):
        first, second = (part[title] for part in parts)
        if first != "" or second != "":
            _draw_pair(title, first, second)


def _parts(run: RunRecord) -> dict[str, str | None]:
    """What a run was asked, by parts: None where the text was cleared, empty where it has no such part."""
    if run.messages is None:
        return {"System prompt": "", "Said before": "", "Prompt": run.prompt}
    system = [message.content for message in run.messages if message.role == "system"]
    turns = [message for message in run.messages if message.role != "system"]
    before = [f"{ROLES[message.role]}: {message.content}" for message in turns[:-1]]
    said = turns[-1].content if turns else ""
    return {"System prompt": "\n\n".join(system), "Said before": "\n\n".join(before), "Prompt": said}


def _draw_pair(title: str, first: str | None, second: str | None) -> None:
    """Draw two texts beside each other, or one where they are the same. None is a text that was cleared."""
    texts = (first or "", second or "")
    st.markdown(f"**{title}**{' – the same in both' if first == second and first is not None else ''}")
    if max(map(len, texts)) > LONGEST:
        st.caption(f"Long texts are compared in their first {LONGEST:,} characters. Open a run to read the whole.")
    before, after = differences(*texts)
    left, right = marked(before, "red"), marked(after, "green")
    if first == second and first is not None:
        _draw_text(left, first)
        return
    for column, shown, text in zip(st.columns(2), (left, right), (first, second), strict=True):
        with column:
            _draw_text(shown, text)


def _draw_text(shown: str, text: str | None) -> None:
    with st.container(border=True):
        if text is None:
            st.caption(CLEARED)
        else:
            st.markdown(shown or "*Nothing.*")
