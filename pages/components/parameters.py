"""The parameters of a run, behind one button that shows what differs from the default."""

import streamlit as st

from core.domain.chat import MAX_OUTPUT_TOKENS, Parameters

DEFAULTS = Parameters()
NAMES = {"temperature": "temperature", "top_p": "top p", "max_tokens": "at most"}


def chosen_parameters() -> tuple[Parameters, str]:
    """Return the parameters and the system prompt as they are chosen, drawn or not."""
    state = st.session_state
    chosen = {name: state.get(name, default) for name, default in DEFAULTS.model_dump().items()}
    return Parameters(**chosen), state.get("system", "")


def choose_parameters(parameters: Parameters, system: str) -> None:
    """Choose these. Before they are drawn only."""
    st.session_state.update(parameters.model_dump(), system=system)


def draw_parameters() -> None:
    """Draw the button and what is behind it."""
    with st.popover(_label(), icon=":material/tune:", type="tertiary"):
        _draw_system_prompt()
        _draw_temperature()
        _draw_top_p()
        _draw_max_tokens()
        st.button(
            "Back to the defaults",
            on_click=choose_parameters,
            args=(DEFAULTS, ""),
            icon=":material/undo:",
            type="tertiary",
        )


def _draw_system_prompt() -> None:
    st.text_area(
        "System prompt",
        key="system",
        persist_state="session",
        height=100,
        placeholder="How the model should behave, for example: Answer in one paragraph.",
        help="Sent before the conversation. It counts as input tokens with every message.",
    )


def _draw_temperature() -> None:
    st.slider(
        "Temperature",
        min_value=0.0,
        max_value=2.0,
        value=DEFAULTS.temperature,
        step=0.1,
        key="temperature",
        persist_state="session",
        help="How freely words are chosen. 0 is the most predictable, above 1 becomes surprising.",
    )


def _draw_top_p() -> None:
    st.slider(
        "Top p",
        min_value=0.0,
        max_value=1.0,
        value=DEFAULTS.top_p,
        step=0.05,
        key="top_p",
        persist_state="session",
        help="Only the likeliest words that together reach this share are considered. Change this or the temperature, "
        "rarely both.",
    )


def _draw_max_tokens() -> None:
    st.number_input(
        "Longest answer (tokens)",
        min_value=1,
        max_value=MAX_OUTPUT_TOKENS,
        value=DEFAULTS.max_tokens,
        step=100,
        key="max_tokens",
        persist_state="session",
        help="The answer is cut there, and it limits what a run can cost. 100 tokens are about 75 words.",
    )


def _label() -> str:
    state, defaults = st.session_state, DEFAULTS.model_dump()
    differing = [
        f"{name} {state[key]:g}" for key, name in NAMES.items() if state.get(key, defaults[key]) != defaults[key]
    ]
    if state.get("system", "").strip():
        differing.append("system prompt")
    return " · ".join(["Parameters", *differing])
