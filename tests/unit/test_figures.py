"""A benchmark's figure says itself whether its bound holds, and reads in a table."""

import pytest

from bench.figures import Figure, table


@pytest.mark.parametrize(
    ("value", "peer_value", "bounds", "bound", "holds"),
    [
        (10.0, 5.0, {"times": 2}, "at most 2 ×", True),
        (10.1, 5.0, {"times": 2}, "at most 2 ×", False),
        (1.0, 5.0, {"times": 1 / 5}, "at least 5 × less", True),
        (1.1, 5.0, {"times": 1 / 5}, "at least 5 × less", False),
        (149.9, 5.0, {"under": 150}, "under 150 ms", True),
        (150.0, 5.0, {"under": 150}, "under 150 ms", False),
        (1.0, 5.0, {}, "–", None),
    ],
)
def test_a_bound_is_told_and_held_against(value, peer_value, bounds, bound, holds):
    row = Figure("delay", value, "ms", "the limit", peer_value, **bounds).row()
    assert (row["bound"], row["holds"], row["ratio"]) == (bound, holds, round(value / peer_value, 3))


def test_a_table_shows_what_does_not_hold():
    figures = [Figure("bytes", 14237.2, "kB", "the text", 22.25, times=12), Figure("time", 0.5, "s", "none", 1.0)]
    head, first, second = table(figures).splitlines()
    assert head.index("bound") == first.index("at most 12 ×") == second.index("–")
    assert first.endswith("NO")
    assert "14,237 kB" in first
    assert "22.2 kB" in first
