"""The books of a mixed load find what is wrong: a run that vanished, counted twice, or cost something else."""

from decimal import Decimal

import pytest

from bench.mixed_load import Request, wrong

RUN = "6f1c1f0e-5a0b-4c1e-9a53-0c8a4a2f7d10"
COST = Decimal("0.000003")
KEPT = (RUN, "completed", COST)


def asked(**changes) -> Request:
    """A request whose client read its answer to the end."""
    told = {"status": 200, "run_id": RUN, "verdict": {"run_id": RUN, "cost": COST}}
    return Request("mark", changes.pop("habit", "reads"), **told | changes)


def test_a_run_that_is_recorded_as_it_was_told_is_right():
    assert wrong(asked(), [KEPT]) == ""


@pytest.mark.parametrize(
    ("request_", "records", "found"),
    [
        (asked(), [], "vanished"),
        (asked(), [KEPT, KEPT], "counted twice"),
        (asked(), [("another", "completed", COST)], "another id"),
        (asked(), [(RUN, "started", COST)], "never settled"),
        (asked(), [(RUN, "unknown", None)], "no cost"),
        (asked(), [(RUN, "completed", COST + Decimal("1e-12"))], "another cost"),
        (asked(verdict=None), [KEPT], "no verdict"),
        (asked(status=429, verdict=None), [KEPT], "recorded, though refused"),
        (asked(status=503, verdict=None), [KEPT], "cost without a run"),
    ],
)
def test_what_is_wrong_is_named(request_, records, found):
    assert wrong(request_, records) == found


@pytest.mark.parametrize(
    ("request_", "records"),
    [
        (asked(habit="leaves", verdict=None), [KEPT]),
        (asked(habit="leaves at once", status=None, run_id=None, verdict=None), []),
        (asked(habit="leaves at once", status=None, run_id=None, verdict=None), [KEPT]),
        (asked(status=429, verdict=None), []),
        (asked(status=503, verdict=None), [(RUN, "error", Decimal(0))]),
    ],
)
def test_what_nobody_was_told_is_not_held_against_the_ledger(request_, records):
    assert wrong(request_, records) == ""
