"""JSON as it leaves the API: any text can be read again, and money keeps its digits."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.api.answers import encoded
from core.api.cursors import cursor_of, position_of
from core.domain.chat import clean
from core.domain.queries import Position

money = st.decimals(-(10**12), 10**12, places=20)
leaves = st.none() | st.booleans() | st.integers() | st.text().map(clean) | money
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(values)
@settings(max_examples=50)
def test_whatever_is_told_can_be_read_again_to_the_last_digit(value):
    told = json.loads(encoded(value), parse_float=Decimal)
    assert told == value


@pytest.mark.parametrize(("amount", "told"), [("1E-9", b"0.000000001"), ("0.10", b"0.10"), ("12E3", b"12000")])
def test_money_is_written_out(amount, told):
    assert encoded(Decimal(amount)) == told


def test_half_a_character_cannot_break_an_answer():
    assert json.loads(encoded({"text": "a\ud800b"})) == {"text": "a\ufffdb"}


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(2500, 1, 1)), st.uuids())
def test_a_cursor_leads_back_to_its_place(created_at, run_id):
    assert position_of(cursor_of(Position(created_at, run_id))) == Position(created_at, run_id)
