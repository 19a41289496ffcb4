"""What a report is asked for, and how it is drawn. All of it lives in the URL, so that a view can be shared.

Its keys are other than the history's, so that a mark in a chart can lead to the history with the filters of its own.
"""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.domain.slices import grains, usual_grain
from core.domain.spend import MODEL, PROVIDER, TAG, USER, Days, Grain
from core.services.names import provider_name
from pages.components import reads
from pages.components.arrival import arrived
from pages.components.measure import Measure
from pages.components.periods import Choice, days_of
from pages.components.timeframe import ADVERBS

_FILTERS = ("spent_on", "spent_at", "spent_for")
_VIEW = ("period", "between", *_FILTERS, "measure", "by", "per")
_LEFT = "stats-as-left"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What spend is restricted to; None does not restrict. `tag` is a name and a value."""

    model: str | None
    provider: str | None
    tag: tuple[str, str] | None

    @property
    def words(self) -> list[str]:
        """What it is restricted to, as people read it."""
        tag = "=".join(self.tag) if self.tag else None
        return [word for word in (self.model, self.provider and provider_name(self.provider), tag) if word]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the days, on what, by which breakdown, in which slices, what is counted."""

    days: Days
    only: Restriction
    by: str
    grain: Grain
    measure: Measure


def return_to_view() -> None:
    """Show the page as it was left, unless the address asks for a view: the browser's own Back button brings none
    along."""
    left: dict[str, list[str]] | None = st.session_state.get(_LEFT)
    if left and arrived() and not st.query_params.keys() & set(_VIEW):
        for key, values in left.items():
            st.query_params[key] = values
        st.rerun()  # only then do the widgets look at the address


def keep_view() -> None:
    """Remember the view for `return_to_view`."""
    st.session_state[_LEFT] = {key: st.query_params.get_all(key) for key in _VIEW if key in st.query_params}


def draw_period(today: date) -> Days:
    """Draw the choice of a period, and return its days."""
    choice = st.selectbox(
        "Period", list(Choice), index=1, key="period", bind="query-params", width=165, label_visibility="collapsed"
    )
    free: tuple[date, ...] = ()
    if choice is Choice.FREE:
        free = st.date_input("Days", [], key="between", bind="query-params", width=226, label_visibility="collapsed")
    return days_of(choice or Choice.MONTH, today, free)


def draw_filters(user: User) -> Restriction:
    """Draw the filters behind one button, and beside it what takes them away again."""
    models = sorted(reads.catalogue()) if reads_everybodys_spend(user.role) else reads.model_ids(user.id, user)
    providers = {provider_name(name): name for name in sorted({model.partition("/")[0] for model in models})}
    tags = {f"{name}={value}": (name, value) for name, values in _tags(user).items() for value in values}
    with st.popover("Filter", icon=":material/filter_list:"):
        model = _optional("Model", "spent_on", models)
        provider = _optional("Provider", "spent_at", list(providers))
        tag = _optional("Tag", "spent_for", list(tags)) if tags else None
    only = Restriction(model, providers.get(provider or ""), tags.get(tag or ""))
    if only.words:
        st.button("Reset", icon=":material/close:", type="tertiary", on_click=_reset)
    return only


def draw_view(user: User, days: Days, only: Restriction) -> Asked:
    """Draw what is counted, by which breakdown and in which slices, and return all that is asked for."""
    offered = _breakdowns(user, only)
    measure = _choice("Measure", "measure", list(Measure), 98)
    by = offered.get(_choice("Stacked by", "by", list(offered), 130), MODEL)
    possible = {ADVERBS[grain]: grain for grain in _grains(user, days, only, by)}
    usual = usual_grain(days)
    usual = usual if usual in possible.values() else next(iter(possible.values()))
    slices = _optional("Slices", "per", list(possible), 124, placeholder=ADVERBS[usual], visible=False)
    return Asked(days, only, by, possible.get(slices or "", usual), Measure(measure))


def _reset() -> None:
    for key in _FILTERS:
        st.session_state[key] = None


def _tags(user: User) -> dict[str, list[str]]:
    return reads.tag_values(user.id, user.role, user)


def _breakdowns(user: User, only: Restriction) -> dict[str, str]:
    """The breakdowns by their names. What carries a tag is not told by person, nor by another tag."""
    offered = {"By model": MODEL, "By provider": PROVIDER}
    if reads_everybodys_spend(user.role) and not only.tag:
        offered |= {"By person": USER} | {f"By tag {name}": f"{TAG}{name}" for name in _tags(user)}
    return offered


def _grains(user: User, days: Days, only: Restriction, by: str) -> list[Grain]:
    """The slices that can be told. Hours are known of everybody's models, and of a person or tag as a whole."""
    apart = only.tag or by == USER or not reads_everybodys_spend(user.role)
    no_hours = by.startswith(TAG) or (apart and (only.model or only.provider))
    return [grain for grain in grains(days) if not (no_hours and grain is Grain.HOUR)] or [Grain.DAY]


def _choice(label: str, key: str, options: list[str], width: int) -> str:
    chosen = st.selectbox(
        label, options, key=key, bind="query-params", width=width, label_visibility="collapsed", filter_mode=None
    )
    return chosen or options[0]


def _optional(
    label: str, key: str, options: list[str], width: int = 300, *, placeholder: str = "All", visible: bool = True
) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        key=key,
        bind="query-params",
        placeholder=placeholder,
        width=width,
        label_visibility="visible" if visible else "collapsed",
    )
