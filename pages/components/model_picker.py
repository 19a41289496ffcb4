"""The choice of a model: searchable, with provider, prices and context, and a way on where it may not be used."""

import streamlit as st

from core.domain.accounts import User
from core.domain.models import ModelInfo
from core.domain.pricing import PriceSource
from core.lab import Lab
from core.services.models import ModelChoice
from pages.components.format import compact, literal, money

MODEL = "model_id"
FIRST_CHOICES = (
    "openai/gpt-4o-mini",
    "anthropic/claude-3-haiku-20240307",
    "groq/llama-3.1-8b-instant",
    "openrouter/openai/gpt-4o-mini",
    "together/meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "local/smollm2-135m",
)


def pick_model(lab: Lab, user: User) -> ModelChoice:
    """Draw the choice and return what is chosen: usable models first, the others marked with what they need."""
    choices = {choice.model.id: choice for choice in lab.models.choices(user)}
    if st.session_state.get(MODEL) not in choices:
        st.session_state[MODEL] = first_choice(choices)
    model_id = st.selectbox(
        "Model",
        list(choices),
        format_func=lambda model_id: label(choices[model_id]),
        key=MODEL,
        persist_state="session",
        label_visibility="collapsed",
    )
    return choices[model_id]


def offer_instead(lab: Lab, user: User, choice: ModelChoice) -> None:
    """Where the chosen model cannot be used, say why and offer what comes closest."""
    if choice.allowed and choice.available:
        return
    nearest = lab.models.nearest_allowed(user, choice.model.id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="offer"):
        st.markdown(reason(choice, user), width="stretch")
        if nearest:
            st.button(
                f"Use {literal(nearest.display_name)}",
                on_click=choose_model,
                args=(nearest.id,),
                icon=":material/bolt:",
            )


def choose_model(model_id: str) -> None:
    """Choose a model. Before the choice is drawn only."""
    st.session_state[MODEL] = model_id


def first_choice(choices: dict[str, ModelChoice]) -> str:
    """Return a small, cheap model to begin with, of those that can be used at once; else whatever comes first."""
    usable = (name for name in FIRST_CHOICES if name in choices and choices[name].allowed and choices[name].available)
    return next(usable, next(iter(choices)))


def label(choice: ModelChoice) -> str:
    """Return the model as the list shows it: name, provider, prices, context, and what it still needs."""
    model = choice.model
    provider = "Local" if model.provider == "local" else choice.provider_name
    context = compact(round(model.context_tokens, -3)) if model.context_tokens else None
    parts = [model.display_name, provider, _prices(model), context, _hurdle(choice)]
    return " · ".join(part for part in parts if part)


def _prices(model: ModelInfo) -> str:
    if model.prices.free:
        return "free"
    if model.prices.source is PriceSource.FALLBACK:
        return "price not known"
    return f"{money(model.prices.input.base)} in, {money(model.prices.output.base)} out"


def _hurdle(choice: ModelChoice) -> str | None:
    if not choice.allowed:
        return f"needs {choice.tier_required}"
    return None if choice.available else "starting" if choice.model.provider == "local" else "no key"


def reason(choice: ModelChoice, user: User) -> str:
    """Return why `user` cannot use the model now, and what can be done, as Markdown."""
    name, provider = literal(choice.model.display_name), choice.provider_name
    if not choice.allowed:
        return (
            f"**{name} is part of the {choice.tier_required} tier.** Yours is {user.tier}: "
            "an administrator can change it."
        )
    if choice.model.provider == "local":
        return f"**{name} is not running yet.** It starts by itself within a few seconds."
    return (
        f"**No key for {literal(provider)} is configured.** Store one of your own under Account, or ask an "
        "administrator for one; until then, use another model."
    )
