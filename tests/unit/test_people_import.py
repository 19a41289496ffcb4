"""Files of people as spreadsheets write them: what can be read is, and what cannot says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.access import Role, Tier
from core.domain.limits import NO_OWN_LIMITS, Cap, OwnLimits
from core.errors import InvalidRequest
from core.services.people_import import MOST_ROWS, read_rows

HEAD = "username,tier,role,runs_a_month\n"


def told(text: str) -> list[str]:
    return [row.problem for row in read_rows(text)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheets_file_is_read(delimiter: str, start: str, end: str):
    lines = [
        "username,tier,role,runs_a_month",
        "maria,Starter,ops,",
        "joão,trial,PM,500",
        "x,enterprise,admin,No limit",
    ]
    (maria, joao, x) = read_rows(start + end.join(line.replace(",", delimiter) for line in lines) + end + end)
    assert (maria.user.username, maria.user.tier, maria.user.role) == ("maria", Tier.STARTER, Role.OPS)
    assert (maria.line, joao.line, x.line) == (2, 3, 4)
    limits = [row.user.limits for row in (maria, joao, x)]
    assert limits == [NO_OWN_LIMITS, OwnLimits(Cap(500)), OwnLimits(Cap(None))]


def test_quoted_cells_may_hold_the_delimiter_and_columns_stand_in_any_order():
    (row,) = read_rows('role,tier,username\n"ops",trial,"Müller, Jan ""JM"""\n')
    assert row.user.username == 'Müller, Jan "JM"'


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ann,gold,ops,", "There is no tier “gold”: write trial, starter, professional, enterprise."),
        ("ann,,ops,", "There is no tier “”"),
        ("ann,trial,boss,", "There is no role “boss”"),
        (",trial,ops,", "A user name has 1 to 100"),
        (f"{'n' * 101},trial,ops,", "A user name has 1 to 100"),
        ('"a\nb",trial,ops,', "A user name has 1 to 100"),
        ("ann,trial,ops,many", "“many” is no number of runs"),
        ("ann,trial,ops,-1", "“-1” is no number"),
        ("ann,trial,ops,9999999999", "is no number of runs: write one up to 1,000,000,000"),
        ("ann,trial,ops,٣", "is no number"),
        ("ann,trial", "It has 2 cells, the first line 4."),
        ("ann,trial,ops,1,2", "It has 5 cells, the first line 4."),
    ],
)
def test_a_row_that_cannot_be_read_says_why(row: str, words: str):
    (found,) = read_rows(f"{HEAD}{row}\n")
    assert words in found.problem
    assert found.user is None


def test_of_two_rows_with_one_name_the_first_is_read():
    assert told(f"{HEAD}Ann,trial,ops,\nbob,trial,ops,\nANN,trial,ops,") == ["", "", "Line 2 has this name already."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "name the columns"),
        ("ann,trial,ops", "name the columns"),
        ("username,tier\nann,trial", "name the columns"),
        ("username,tier,role,colour\nann,trial,ops,red", "name the columns"),
        ("username,tier,role,role\nann,trial,ops,ops", "name the columns"),
        (HEAD, "nobody in this file"),
        (f"{HEAD}\n , , ,\n", "nobody in this file"),
        (f'{HEAD}"ann,trial', "Line 2 is not CSV"),
        (HEAD + "".join(f"n{number},trial,ops,\n" for number in range(MOST_ROWS + 1)), "more than 10,000 people"),
    ],
)
def test_what_is_no_file_of_people_is_refused(text: str, words: str):
    with pytest.raises(InvalidRequest, match=words):
        read_rows(text)


@given(st.text(alphabet=st.sampled_from('ab,;"\n\r\t \0\ufeff1é'), max_size=80))
def test_no_rows_break_it(rows: str):
    try:
        found = read_rows(HEAD + rows)
    except InvalidRequest:
        return
    assert all((row.user is None) == bool(row.problem) for row in found)
