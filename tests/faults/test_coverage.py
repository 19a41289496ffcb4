"""Every fault has its tests and its defences, and the list tells the truth about both."""

import ast
from functools import cache

import pytest

from tests.faults.coverage import ROWS
from tests.faults.rows import ROOT, Defence

DEFENCES = [pytest.param(defence, id=f"{row.number}-{defence.what}") for row in ROWS for defence in row.defences]


def test_every_fault_is_listed_once_and_in_its_place():
    assert [row.number for row in ROWS] == [*range(1, 39)]


@cache
def named_in(file: str) -> set[str]:
    """The names of the tests that stand in a file."""
    body = ast.parse((ROOT / file).read_text()).body
    functions = (node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {name for name in functions if name.startswith("test_")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}")
def test_a_fault_has_defences_and_tests_that_are_there(row):
    assert row.tests
    assert row.defences
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in named_in(file)


@pytest.mark.parametrize("defence", DEFENCES)
def test_a_defence_stands_exactly_once_where_it_is_said_to_be(defence: Defence):
    assert (ROOT / defence.file).read_text().count(defence.before) == 1
    assert defence.before != defence.after
