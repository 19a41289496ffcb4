"""What prices are worth: what is to be looked at, and when each list was last read."""

from datetime import UTC, datetime

import streamlit as st

from core.domain.access import Role, reads_everybodys_spend
from core.domain.accounts import User
from core.errors import LabError
from core.lab import current
from core.services.names import provider_name
from core.services.prices import Concerns
from pages.components import prices_words as words
from pages.components import reads
from pages.components.errors import ICON
from pages.components.format import UNKNOWN, literal
from pages.components.prices_form import TOLD, ask_for_new

MOST_NAMED = 5
PAGE = "prices.py"


def draw_concerns(user: User) -> None:
    """Draw what is to be looked at, with the way to mend it; nothing if all is well."""
    concerns = reads.price_concerns(user.id, user.role, user)
    if told := _of_lists(concerns):
        st.warning(" ".join(told), icon=":material/update:")
    if concerns.unpriced:
        with st.container(border=True):
            st.markdown(f":material/warning: {_of_models(concerns)}")
            if user.role is Role.ADMIN:
                with st.container(horizontal=True, gap="xsmall"):
                    for model_id in concerns.unpriced[:MOST_NAMED]:
                        label = f"Set the price of {literal(model_id)}"
                        st.button(label, key=f"price-{model_id}", on_click=ask_for_new, args=(model_id,))


def draw_concerns_line(user: User) -> None:
    """Draw the same in a line for whoever reads everybody's spend, with the way to the page of prices."""
    if not reads_everybodys_spend(user.role):
        return
    concerns = reads.price_concerns(user.id, user.role, user)
    told = [*_of_lists(concerns), *([_of_models(concerns)] if concerns.unpriced else [])]
    if told:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption(f":material/warning: {' '.join(told)}", width="content")
            st.page_link(PAGE, label="See the prices", width="content")


def draw_lists(user: User) -> None:
    """Draw when each provider last told its models, and what reads them anew."""
    with st.popover("Lists", icon=":material/update:"):
        now = datetime.now(UTC)
        read = current().prices.lists_read(user)
        if not read:
            st.caption("No provider can be asked yet: there is no key. The list that ships with the lab is used.")
            return
        names = [literal(provider_name(name)) for name in read]
        times = [literal(words.when(at, now)) if at else UNKNOWN for at in read.values()]
        table = {"Provider": names, "Last read": times}
        st.table(table, border="horizontal", hide_index=True, alt="When each provider last told its models")
        if user.role is Role.ADMIN and st.button("Read them now", icon=":material/refresh:"):
            _refresh(user)


def _refresh(user: User) -> None:
    try:
        with st.spinner("Asking the providers …"):
            complete = current().prices.refresh(user)
    except LabError as error:
        st.error(literal(error.message), icon=ICON)
        return
    reads.price_concerns.clear()
    left = (
        "The lists are read." if complete else "Some providers did not tell their list. What they told before is used."
    )
    st.session_state[TOLD] = left
    st.rerun()


def _of_lists(concerns: Concerns) -> list[str]:
    told = []
    if day := concerns.list_of:
        told.append(f"The newest price of the list that ships with the lab is of {day.day} {day:%B %Y}.")
    if concerns.unread:
        names = ", ".join(literal(provider_name(name)) for name in concerns.unread)
        told.append(f"For two days or more no list could be read from {names}.")
    return told


def _of_models(concerns: Concerns) -> str:
    named = ", ".join(literal(model_id) for model_id in concerns.unpriced[:MOST_NAMED])
    more = f" and {len(concerns.unpriced) - MOST_NAMED} more" if len(concerns.unpriced) > MOST_NAMED else ""
    return f"No price is known for {named}{more}: the runs of the last 30 days are estimated."
