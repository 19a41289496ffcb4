"""From a figure to the runs behind it: the history, with its filters set.

Texts are for their authors, and for admins: whoever reads only the spend of others is led to runs of their own alone.
"""

from dataclasses import dataclass

import streamlit as st

from core.domain.access import Role, reads_everybodys_spend
from core.domain.accounts import User
from core.domain.faults import fault_name
from core.domain.runs import RunStatus
from core.domain.spend import MODEL, OTHERS, PROVIDER, TAG, USER, Days, SpendReport
from core.services.names import provider_name
from pages.components import status
from pages.components.stats_filters import Restriction

Query = dict[str, str | list[str]]

_CHOSEN = "chosen-runs"
_FILTERS = ("whose", "person", "model", "provider", "status", "error", "days", "tag", "q")


@dataclass(frozen=True, slots=True)
class Trail:
    """Leads `user` to runs under the restriction of a report.

    `own` says that all its runs are the user's, `among` that some are and can be told from others by name.
    """

    user: User
    days: Days
    only: Restriction
    own: bool
    among: bool = False

    def to_runs(self, days: Days | None = None, by: str = MODEL, key: str | None = None) -> Query | None:
        """Return the history's query for the runs of some days and of one key of a breakdown; None where none may be
        read, or the key is none that the history knows: what is folded together."""
        mine = by == USER and key == self.user.username
        if key == OTHERS or not (self._reads_all or self.own or mine):
            return None
        return self._within(days or self.days) | self._restricted() | self._of(by, key) | self._whose

    def to_failed(self, days: Days | None = None, code: str | None = None) -> Query | None:
        """Return the history's query for the runs that failed in some days, of one kind; None where none may be
        read."""
        query = self.to_runs(days)
        kind: Query = {"error": fault_name(code)} if code else {}
        return query and query | {"status": status.word(RunStatus.ERROR)} | kind

    def leads(self, by: str = MODEL) -> bool:
        """Return whether any of the runs may be read, when they are told apart by that breakdown."""
        return self._reads_all or self.own or (self.among and by == USER)

    @property
    def _reads_all(self) -> bool:
        return self.user.role is Role.ADMIN

    @property
    def _whose(self) -> Query:
        return {"whose": "all"} if self._reads_all else {}

    def _within(self, days: Days) -> Query:
        return {"days": list(dict.fromkeys((days.first.isoformat(), days.last.isoformat())))}

    def _restricted(self) -> Query:
        named = {"model": self.only.model, "provider": self.only.provider and provider_name(self.only.provider)}
        tag = {"tag": "=".join(self.only.tag)} if self.only.tag else {}
        return {**{name: value for name, value in named.items() if value}, **tag}

    def _of(self, by: str, key: str | None) -> Query:
        if key is None:
            return {}
        if by == USER:
            return {"person": key} if self._reads_all else {}
        if by.startswith(TAG):
            return {"tag": f"{by.removeprefix(TAG)}={key}"}
        return {"provider": provider_name(key)} if by == PROVIDER else {"model": key}


def trail(user: User, days: Days, only: Restriction, report: SpendReport) -> Trail:
    """Return the trail of a report: whose runs it counts is known by the people in it, where it tells of any."""
    people = {group.key for group in report.by_user}
    own = people == {user.username} or not reads_everybodys_spend(user.role)
    return Trail(user, days, only, own=own, among=user.username in people)


def lead(query: Query | None) -> None:
    """Note whose runs were asked for: in a callback, so that coming back to the page asks for nothing."""
    if query:
        st.session_state[_CHOSEN] = query


def follow() -> None:
    """Go to the runs that were asked for, if any were; what the history was filtered by before is forgotten."""
    chosen: Query | None = st.session_state.pop(_CHOSEN, None)
    if chosen is None:
        return
    for name in _FILTERS:  # who came back by the browser's own button has brought them along
        st.session_state.pop(name, None)
    st.switch_page("history.py", query_params=chosen)
