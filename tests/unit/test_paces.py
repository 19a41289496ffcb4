"""A caller may ask so often a minute, and is told when to go on."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LimitReached
from core.services.paces import Pace


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def asked(pace, key="ann", times=1):
    """How many of so many requests were let through."""
    passed = 0
    for _ in range(times):
        try:
            pace.take(key)
        except LimitReached:
            break
        passed += 1
    return passed


def test_a_minutes_requests_may_come_at_once_and_no_more():
    assert asked(Pace(60, Clock()), times=100) == 60


def test_what_is_used_up_comes_back_evenly():
    pace = Pace(60, clock := Clock())
    asked(pace, times=60)
    clock.now += 10
    assert asked(pace, times=100) == 10


def test_each_caller_has_an_allowance_of_their_own():
    pace = Pace(3, Clock())
    assert asked(pace, "ann", 5) == 3
    assert asked(pace, "bob", 5) == 3


def test_nought_is_no_limit():
    assert asked(Pace(0, Clock()), times=5000) == 5000


def test_a_refusal_says_when_the_next_one_may_come():
    pace = Pace(6, Clock())
    asked(pace, times=6)
    with pytest.raises(LimitReached, match=r"more than 6 requests a minute\. Wait 10 s") as refused:
        pace.take("ann")
    assert 9 < (refused.value.resets_at - datetime.now(UTC)).total_seconds() <= 10


def test_those_who_have_long_been_silent_are_forgotten(monkeypatch):
    monkeypatch.setattr("core.services.paces.FORGOTTEN_ABOVE", 10)
    pace = Pace(60, clock := Clock())
    for number in range(10):
        pace.take(f"caller {number}")
    clock.now += 60
    pace.take("ann")
    assert pace.callers == 1


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 30))
def test_over_any_time_no_more_passes_than_a_burst_and_the_rate(pauses, per_minute):
    pace = Pace(per_minute, clock := Clock())
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += asked(pace)
    assert passed <= per_minute + per_minute * (clock.now - 1000) / 60 + 1e-6
