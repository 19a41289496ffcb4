"""The budgets as cards: how full each is, where its period will end, what its past ones came to."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Role
from core.domain.accounts import User
from core.domain.budget_endings import Ending
from core.domain.budgets import BudgetState
from core.errors import NotFound
from core.lab import current
from core.services.budgets import Found
from pages.components import budget_notices
from pages.components import budget_words as words
from pages.components.budget_bar import bar
from pages.components.budget_form import ask_to_change
from pages.components.format import literal, money, money_exact

WORDS, NUMBER = "budget-words", "budget-page"


@dataclass(frozen=True, slots=True)
class Cards:
    """Draws the budgets that `user` is shown, as seen at `now` in `zone`."""

    user: User
    zone: ZoneInfo
    now: datetime

    def draw(self) -> None:
        """Draw a page of cards; the way to others, and a search, only where there are more than fit."""
        found = self._found()
        endings = current().budgets.endings(found.states)
        with st.grid(2, min_column_width=330):
            for state in found.states:
                with st.container(border=True, height="stretch", gap="small"):
                    self._draw_card(state, endings[state.budget.id])
        if not found.count:
            self._draw_nothing()
        if found.pages > 1:
            st.pagination(found.pages, key=NUMBER)

    def _found(self) -> Found:
        searched = str(st.session_state.get(WORDS, ""))
        found = current().budgets.shown(self.user, searched, int(st.session_state.get(NUMBER, 1)))
        if found.pages > 1 or searched:
            st.text_input(
                "Search", key=WORDS, placeholder="Search by name, person, provider, model or tag", width=420,
                label_visibility="collapsed", icon=":material/search:", on_change=_from_the_first,
            )  # fmt: skip
        return found

    def _draw_card(self, state: BudgetState, ending: Ending | None) -> None:
        self._draw_title(state)
        st.image(bar(state), width="stretch", alt=words.standing(state))
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            exact = literal(f"{money_exact(state.spent)} of {money_exact(state.budget.limit_usd)}")
            spent, limit = literal(money(state.spent)), literal(money(state.budget.limit_usd))
            st.markdown(f"**{spent}** of {limit} spent ({words.percent(state)})", width="content", help=exact)
            st.markdown(f"**{literal(words.left(state))}**", width="content")
        told = (words.held(state), words.foretold(state, ending), words.anew(state, self.zone, self.now))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(literal(" · ".join(filter(None, told))), width="stretch")
            spend = words.spend_of(state)
            st.page_link("stats.py", label="See the spend", icon=":material/bar_chart:", query_params=spend)
        self._draw_past(state)

    def _draw_title(self, state: BudgetState) -> None:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            title = f"**{literal(state.budget.name)}** {words.badge(state)}"
            st.markdown(f"{title}  \n:small[:gray[{literal(words.terms(state))}]]", width="content")
            if self.user.role is Role.ADMIN:
                with st.container(horizontal=True, width="content", gap="small"):
                    self._draw_acts(state)

    def _draw_acts(self, state: BudgetState) -> None:
        key = state.budget.id
        st.button("Change", key=f"change-{key}", type="tertiary", on_click=ask_to_change, args=(state,))
        with st.popover("Drop", key=f"drop-{key}", type="tertiary"):
            st.markdown("What it has counted is forgotten, and what it refused may run at once. This cannot be undone.")
            if st.button("Drop this budget", key=f"drop-now-{key}"):
                self._drop(state)

    def _drop(self, state: BudgetState) -> None:
        with suppress(NotFound):  # another tab was first
            current().budgets.drop(self.user, state.budget.id)
        budget_notices.forget()
        st.rerun()

    def _draw_past(self, state: BudgetState) -> None:
        with st.expander("Past periods", type="compact", key=f"past-{state.budget.id}", on_change="rerun") as opened:
            if not opened.open:
                return
            past = current().budgets.past(self.user, state)
            if past:
                rows = words.past_rows(state, past)
                st.table(rows, border="horizontal", hide_index=True, width="stretch")
            else:
                st.caption("What its periods came to stands here once one of them is over.")

    def _draw_nothing(self) -> None:
        with st.container(border=True, horizontal_alignment="center"):
            if st.session_state.get(WORDS):
                st.markdown("No budget has these words in its name or in what it is for.", width="content")
            elif self.user.role is Role.ADMIN:
                st.markdown(
                    "Nothing is limited so far. A budget says how much may be spent by the whole lab, by a person, at "
                    "a provider, on a model or for a tag. Set the first one with **New budget**.",
                    width="content",
                )
            else:
                st.markdown("No budget limits your runs. Those that do will stand here.", width="content")


def _from_the_first() -> None:
    st.session_state.pop(NUMBER, None)
