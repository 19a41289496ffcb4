"""A sparkline stays inside its picture, whatever its values."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as some

from pages.components.sparkline import EDGE, HEIGHT, WIDTH, sparkline


def course(values):
    (line,) = re.findall(r'polyline points="([^"]+)"', sparkline(values))
    return [tuple(float(part) for part in point.split(",")) for point in line.split()]


@given(some.lists(some.floats(0, 1e12), min_size=1, max_size=400))
def test_every_value_has_its_point_inside_the_picture(values):
    ElementTree.fromstring(sparkline(values))
    points = course(values)
    assert len(points) == len(values)
    assert all(EDGE <= x <= WIDTH - EDGE and EDGE <= y <= HEIGHT - EDGE for x, y in points)


def test_nought_is_at_the_foot_and_the_highest_at_the_top():
    assert course([0, 2, 1]) == [(2, 38), (80, 2), (158, 20)]
    assert course([0, 0]) == [(2, 38), (158, 38)]
