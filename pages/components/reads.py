"""What pages read again and again, kept for some seconds. Whatever belongs to a user is kept under the user's id."""

from datetime import date

import streamlit as st

from core import lab
from core.domain.accounts import User
from core.domain.budgets import BudgetState
from core.domain.palette import model_colours
from core.domain.spend import Grain, SpendReport
from core.domain.templates import TemplateTitle
from core.services.prices import Concerns


@st.cache_data(ttl=5, max_entries=200, show_spinner=False)
def report(
    user_id: str,
    role: str,
    first: date,
    last: date,
    model: str | None,
    provider: str | None,
    tag: tuple[str, str] | None,
    by: str,
    grain: Grain,
    _user: User,
) -> SpendReport:
    """Return the report that `Stats.report` makes for `_user`, whose id and role are told apart to be the key."""
    return lab.current().stats.report(_user, first, last, model, provider, tag=tag, by=by, grain=grain)


@st.cache_data(ttl=5, max_entries=1000, show_spinner=False)
def tag_values(user_id: str, role: str, _user: User) -> dict[str, list[str]]:
    """Return the values of each tag by its name, as far as `_user` reads what others spent."""
    return lab.current().stats.tag_values(_user)


@st.cache_data(ttl=5, max_entries=1000, show_spinner=False)
def covering(
    user_id: str, role: str, model: str | None, provider: str | None, tag: tuple[str, str] | None, _user: User
) -> list[BudgetState]:
    """Return the budgets of just what a report under these filters shows to `_user`."""
    return lab.current().budgets.covering(_user, model, provider, tag)


@st.cache_data(ttl=5, max_entries=1000, show_spinner=False)
def model_ids(user_id: str, _user: User) -> list[str]:
    """Return the models that `_user` has run."""
    return lab.current().stats.model_ids(_user)


@st.cache_data(ttl=5, max_entries=1000, show_spinner=False)
def template_titles(user_id: str, _user: User) -> tuple[TemplateTitle, ...]:
    """Return the titles of the templates that `_user` may start from. Whoever changes them forgets these."""
    return lab.current().templates.titles(_user)


@st.cache_data(ttl=60, max_entries=100, show_spinner=False)
def price_concerns(user_id: str, role: str, _user: User) -> Concerns:
    """Return what is to be looked at of the prices, for who reads what others spent. Who sets one forgets it."""
    return lab.current().prices.concerns(_user)


@st.cache_data(ttl=60, show_spinner=False)
def catalogue() -> list[str]:
    """Return the models that anybody has run."""
    return lab.current().stats.catalogue()


@st.cache_data(ttl=60, show_spinner=False)
def colours() -> dict[str, str]:
    """Return the colour of every model that anybody has run, the same for all who look."""
    return model_colours(catalogue())


@st.cache_data(ttl=60, show_spinner=False)
def people() -> list[str]:
    """Return the names of all people, in their order: for who reads what others spent."""
    return sorted(lab.current().accounts.names().values())
