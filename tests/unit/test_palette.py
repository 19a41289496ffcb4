"""A model has one colour, which anybody can tell from its neighbours', on a light page and on a dark one."""

import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.palette import FIRST, OTHER, PALETTE, SECOND, model_colour, model_colours

WHITE, NEAR_BLACK = "#FFFFFF", "#14171C"
MODEL_IDS = some.lists(some.text(min_size=1, max_size=30), unique=True, max_size=30)

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))


def linear(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(rgb):
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one, other):
    low, high = sorted((luminance(linear(one)), luminance(linear(other))))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    red, green, blue = (min(max(channel, 0), 1) for channel in rgb)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, luminance((red, green, blue)), z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour, eyes):
    return lab([sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in eyes])


@pytest.mark.parametrize("eyes", [NORMAL, DEUTERANOPIA, PROTANOPIA])
def test_every_pair_can_be_told_apart(eyes):
    assert min(math.dist(seen(a, eyes), seen(b, eyes)) for a, b in combinations(FIRST, 2)) > 12
    assert min(math.dist(seen(a, eyes), seen(b, eyes)) for a, b in combinations(PALETTE, 2)) > 9


@pytest.mark.parametrize("page", [WHITE, NEAR_BLACK])
def test_every_colour_stands_out_from_the_page(page):
    assert min(contrast(colour, page) for colour in (*FIRST, OTHER)) > 2.95
    assert min(contrast(colour, page) for colour in SECOND) > 2


@given(some.text(min_size=1))
def test_a_colour_depends_on_nothing_but_the_name(model_id):
    assert model_colour(model_id) == model_colours([model_id])[model_id]


def test_a_colour_is_the_same_in_every_process():
    assert model_colour("local/smollm2-135m") == "#6699CC"


@given(MODEL_IDS)
def test_no_two_models_share_a_colour_before_all_are_taken(catalogue):
    colours = list(model_colours(catalogue).values())
    assert len(set(colours)) == min(len(catalogue), len(PALETTE))


@given(MODEL_IDS)
def test_a_catalogue_that_grows_changes_no_colour(catalogue):
    steps = [model_colours(catalogue[:size]) for size in range(len(catalogue) + 1)]
    assert all(before.items() <= after.items() for before, after in pairwise(steps))
