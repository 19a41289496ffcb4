"""Limits as they are written, and one's own in the place of the usual ones; and the file of new people's links."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.figures import count
from core.domain.limits import MOST_RUNS, Cap, Limits, OwnLimits, number_of
from core.errors import InvalidRequest
from core.services.links_file import links_file
from core.services.password_links import Link
from core.services.people import Added


@given(st.integers(0, MOST_RUNS))
def test_a_number_is_read_as_it_is_shown(number: int):
    assert number_of(count(number)) == number_of(f" {number} ") == number


@pytest.mark.parametrize("text", ["no limit", "No limit", " NO LIMIT "])
def test_no_limit_is_none(text: str):
    assert number_of(text) is None


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "many", "none", "²", "٣", str(MOST_RUNS + 1), "9" * 5000])
def test_what_is_no_number_of_runs_is_refused(text: str):
    with pytest.raises(InvalidRequest, match="no number of runs"):
        number_of(text)


@pytest.mark.parametrize(
    ("own", "holds"),
    [
        (OwnLimits(), Limits(100, 8)),
        (OwnLimits(Cap(5)), Limits(5, 8)),
        (OwnLimits(Cap(None), Cap(1)), Limits(None, 1)),
        (OwnLimits(Cap(0), Cap(None)), Limits(0, None)),
    ],
)
def test_limits_of_ones_own_go_before_the_usual_ones(own: OwnLimits, holds: Limits):
    assert own.over(Limits(100, 8)) == holds


def test_no_name_in_the_file_of_links_is_a_formula():
    names = ["ann", '=HYPERLINK("http://x")', "+1", "-1", "@x", 'a "b", c']
    added = [Added(User(name, name, Tier.TRIAL, Role.OPS), Link(f"code{at}", "")) for at, name in enumerate(names)]
    header, *rows = csv.reader(StringIO(links_file(added, "https://lab.example").decode()))
    assert header == ["username", "link"]
    assert [name for name, _ in rows] == ["ann", '\'=HYPERLINK("http://x")', "'+1", "'-1", "'@x", 'a "b", c']
    assert rows[3][1] == "https://lab.example/?link=code3"
