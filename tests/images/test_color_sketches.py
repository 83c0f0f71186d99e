from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.errors import DatasetError
from hardex.images import render_colors, render_strokes

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
ACROSS = np.array([[2.0, 10.0], [38.0, 10.0]])
DOWN = np.array([[20.0, 2.0], [20.0, 18.0]])
coordinates = st.floats(-30, 60)
paths = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4).map(np.array)


def test_a_canvas_may_be_wider_than_high():
    ink = render_strokes([ACROSS], canvas_size=(40, 20), brush_width=4)
    assert ink.shape == (20, 40)
    np.testing.assert_array_equal(np.flatnonzero(ink[:, 20]), [8, 9, 10, 11])


@settings(max_examples=50)
@given(paths, st.floats(1, 20))
def test_a_canvas_is_a_window_whatever_its_sides(path, width):
    wide = render_strokes([path], canvas_size=(90, 20), brush_width=width)
    square = render_strokes([path], canvas_size=90, brush_width=width)
    np.testing.assert_array_equal(wide, square[:20])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-90, 300), st.floats(-90, 300)), min_size=2, max_size=4),
       st.floats(1, 40))  # fmt: skip
def test_long_lines_cover_what_is_near_enough_to_them(path, width):
    path = np.array(path)
    y, x = np.mgrid[:200, :200] + 0.5
    nearest = np.full((200, 200), np.inf)
    for start, end in pairwise(path):
        along = end - start
        squared = along @ along
        part = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / squared if squared else 0
        part = np.clip(part, 0, 1)
        far = np.hypot(x - start[0] - part * along[0], y - start[1] - part * along[1])
        nearest = np.minimum(nearest, far)
    expected = 255 * np.clip(width / 2 + 0.5 - nearest, 0, 1)
    ink = render_strokes([path], canvas_size=200, brush_width=width)
    np.testing.assert_allclose(ink, expected, atol=0.51)


def test_each_stroke_may_have_its_own_brush():
    ink = render_strokes([ACROSS, DOWN], canvas_size=(40, 20), brush_width=[2, 6])
    np.testing.assert_array_equal(np.flatnonzero(ink[:, 8]), [9, 10])
    np.testing.assert_array_equal(np.flatnonzero(ink[4]), range(17, 23))


def test_the_later_stroke_lies_on_top():
    sizes = {"canvas_size": (40, 20), "brush_width": 4}
    below = render_colors([ACROSS, DOWN], [RED, BLUE], paper=WHITE, **sizes)
    above = render_colors([DOWN, ACROSS], [BLUE, RED], paper=WHITE, **sizes)
    assert tuple(below[10, 20]) == BLUE and tuple(above[10, 20]) == RED
    for picture in (below, above):
        assert tuple(picture[10, 8]) == RED
        assert tuple(picture[4, 20]) == BLUE
        assert tuple(picture[1, 1]) == WHITE


@settings(max_examples=50)
@given(st.lists(paths, min_size=1, max_size=3), st.floats(1, 20))
def test_white_on_black_is_the_ink_where_strokes_are_apart(strokes, width):
    first = strokes[:1]
    picture = render_colors(first, [WHITE], canvas_size=50, brush_width=width)
    ink = render_strokes(first, canvas_size=50, brush_width=width)
    np.testing.assert_array_equal(picture, np.repeat(ink[:, :, None], 3, axis=2))
    several = render_colors(strokes, [WHITE] * len(strokes), canvas_size=50, brush_width=width)
    assert (several[:, :, 0] >= render_strokes(strokes, canvas_size=50, brush_width=width)).all()


def test_edges_are_a_mixture_of_ink_and_what_lies_below():
    dot = np.array([[2.5, 2.5]])
    picture = render_colors([dot], [RED], paper=(0, 100, 0), canvas_size=5, brush_width=2)
    np.testing.assert_array_equal(picture[2, 1:4], [[128, 50, 0], [255, 0, 0], [128, 50, 0]])


def test_nothing_drawn_is_paper():
    assert (render_colors([], [], paper=(1, 2, 3), canvas_size=(2, 3)) == (1, 2, 3)).all()
    empty = [np.empty((0, 2))]
    assert (render_colors(empty, [RED], paper=(1, 2, 3), canvas_size=3) == (1, 2, 3)).all()


def test_one_value_for_each_stroke_or_none():
    with pytest.raises(DatasetError, match="colours must be one for each of the 2 strokes; rec"):
        render_colors([ACROSS, DOWN], [RED])
    with pytest.raises(DatasetError, match="brush widths must be one for each of the 1 strokes"):
        render_strokes([ACROSS], brush_width=[1, 2])
