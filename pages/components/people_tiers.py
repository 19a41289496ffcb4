"""What each tier allows: its runs a month, and the models that it may use."""

import streamlit as st

from core.domain.access import EVERY_MODEL, Tier, TierRule, rule_of
from core.domain.accounts import User
from core.domain.limits import NO_LIMIT, number_of
from core.domain.models import ModelInfo
from core.errors import LabError
from core.lab import current
from pages.components.errors import ICON
from pages.components.format import count

TOLD = "tiers-told"


def draw_tiers(user: User) -> None:
    """Draw every tier with the form that changes it."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(told, icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption("A higher tier may always use what a lower one may. Changes hold at once.", width="content")
        with st.popover("Reset all tiers", icon=":material/restart_alt:"):
            st.markdown("Every tier gets back the limits and models that the lab came with.")
            if st.button("Reset all tiers now"):
                current().tiers.reset(user)
                _tell("All tiers are as the lab came with them.")
    models = current().models.all()
    for pair in (list(Tier)[:2], list(Tier)[2:]):
        for place, tier in zip(st.columns(2), pair, strict=True):
            with place.container(border=True, height="stretch"):
                _draw_tier(user, tier, models)


def _draw_tier(user: User, tier: Tier, models: list[ModelInfo]) -> None:
    tiers = current().tiers
    rule = rule_of(tier, tiers.rules)
    st.subheader(tier.title(), anchor=False)
    st.caption(f"May use {count(tiers.models(tier, models))} of {count(len(models))} listed models.")
    with st.form(f"tier-{tier}", border=False):
        runs = st.text_input(
            "Runs a month",
            NO_LIMIT if rule.runs_a_month is None else count(rule.runs_a_month),
            help=f"A number, or “{NO_LIMIT}”. People with a limit of their own keep it.",
            autocomplete="off",
            key=f"runs-{tier}-{hash(rule)}",
        )
        if rule.prefixes == EVERY_MODEL:
            prefixes, free = "", False
            st.markdown("Every model, also those that no list names.")
        else:
            prefixes, free = _draw_models(tier, rule)
        sent = st.form_submit_button(f"Save {tier}")
    if sent:
        _save(user, tier, runs, prefixes, free)


def _draw_models(tier: Tier, rule: TierRule) -> tuple[str, bool]:
    prefixes = st.text_area(
        "Models that begin with",
        "\n".join(rule.prefixes),
        help="One a line, the provider first: `groq/` is all of Groq's models, `openai/gpt-4o-mini` all of that name.",
        height=130,
        key=f"prefixes-{tier}-{hash(rule)}",
    )
    free = st.checkbox("OpenRouter’s free models", rule.free_on_openrouter, key=f"free-{tier}-{hash(rule)}")
    return prefixes, free


def _save(user: User, tier: Tier, runs: str, prefixes: str, free: bool) -> None:
    try:
        rule = TierRule(number_of(runs), tuple(prefixes.splitlines()), free)
        current().tiers.set(user, tier, rule)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        _tell(f"{tier.title()} is saved.")


def _tell(told: str) -> None:
    st.session_state[TOLD] = told
    st.rerun()
