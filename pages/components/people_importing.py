"""The dialog that adds people from a CSV file: each row is judged before anybody is added."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.domain.accounts import User
from core.errors import LabError
from core.lab import current
from core.services.links_file import links_file
from core.services.people import Added
from core.services.people_import import Row
from pages.components.address import base_url
from pages.components.errors import ICON
from pages.components.format import count
from pages.components.people_access import HOURS
from pages.components.text_file import choose_text

TEXT = "import-text"
EXAMPLE = "username,tier,role,runs_a_month\nmaria.keller,starter,ops,\njoao.silva,trial,pm,500"
ROW_HEIGHT, MOST_SHOWN = 35, 6


@dataclass(slots=True)
class Importing:
    """A file that is being imported: the text that was checked, its rows, and who was added."""

    text: str = ""
    rows: list[Row] | None = None
    added: list[Added] | None = None


def draw_importing(user: User, importing: Importing) -> None:
    """Draw the file, then what comes of its rows, then the links of those who were added."""
    if importing.added is not None:
        _draw_added(importing.added)
        return
    st.markdown("One person a line, below the names of the columns. Without `runs_a_month` the tier's limit holds.")
    choose_text("Choose a CSV file", TEXT)
    text = st.text_area("Or paste the rows", key=TEXT, placeholder=EXAMPLE, height=140)
    if st.button("Check", icon=":material/rule:"):
        _check(user, importing, text)
    if importing.rows is not None and importing.text == text:
        _draw_rows(user, importing, importing.rows)


def _check(user: User, importing: Importing, text: str) -> None:
    try:
        importing.rows, importing.text = current().people.preview(user, text), text
    except LabError as error:
        importing.rows = None
        st.error(error.message, icon=ICON)


def _draw_rows(user: User, importing: Importing, rows: list[Row]) -> None:
    good = sum(not row.problem for row in rows)
    bad = len(rows) - good
    st.markdown(f"**{count(good)} of {count(len(rows))} can be added.**" + (" The others stay out:" if bad else ""))
    shown = [row for row in rows if row.problem] or rows
    st.dataframe(_frame(shown), hide_index=True, height=_height(len(shown)), alt="The rows, and what comes of them")
    if good and st.button(f"Add {count(good)} {'person' if good == 1 else 'people'}"):
        _import(user, importing)


def _frame(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Line": [row.line for row in rows],
            "Name": [row.username for row in rows],
            "Tier": [row.tier for row in rows],
            "Role": [row.role for row in rows],
            "Runs a month": [row.runs_a_month for row in rows],
            "What comes of it": [row.problem or "Will be added" for row in rows],
        }
    )


def _import(user: User, importing: Importing) -> None:
    try:
        importing.added = current().people.import_(user, importing.text)
    except LabError as error:
        st.error(error.message, icon=ICON)
    else:
        st.rerun()


def _draw_added(added: list[Added]) -> None:
    st.success(f"Added: {count(len(added))}.", icon=":material/check:")
    st.markdown(
        f"Each of them sets a password by a link of their own, which works once, for {HOURS} hours. "
        "**Take the links with you now**: they are told this once only."
    )
    where = base_url()
    st.download_button(
        "Links as CSV",
        lambda: links_file(added, where),
        "links.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    shown = {"Name": [one.user.username for one in added], "Tier": [one.user.tier.title() for one in added]}
    st.dataframe(shown, hide_index=True, height=_height(len(added)), alt="Those who were added")


def _height(rows: int) -> int:
    """The height of a table that shows `rows`, or as many as fit in the dialog."""
    return ROW_HEIGHT * (min(rows, MOST_SHOWN) + 1) + 2
