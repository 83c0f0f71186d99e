import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex.errors import DatasetError
from hardex.images import BRUSH_WIDTH, CANVAS_SIZE, render_strokes, sketch_to_image

# Pen paths of a few corners, in a box of 1 x 1; no two points so near that a path is a dot.
points = st.tuples(st.sampled_from(np.linspace(0, 1, 5)), st.sampled_from(np.linspace(0, 1, 5)))
paths = st.lists(st.lists(points, min_size=2, max_size=5, unique=True), min_size=1, max_size=2).map(
    lambda strokes: [np.array(stroke) for stroke in strokes]
)
long_paths = paths.filter(lambda path: np.ptp(np.concatenate(path), axis=0).max() == 1)
some = settings(max_examples=25, deadline=None)

SEVEN = [np.array([[0.1, 0.0], [0.9, 0.0], [0.4, 1.0]])]
EIGHT = [
    np.array(
        [
            [0.5 + 0.22 * np.sin(2 * angle), 0.5 - 0.5 * np.cos(angle)]
            for angle in np.linspace(0, 2 * np.pi, 40)
        ]
    )
]


def drawn(path, *, size=180.0, corner=(50.0, 50.0), width=BRUSH_WIDTH, canvas=CANVAS_SIZE):
    strokes = [stroke * size + np.array(corner) for stroke in path]
    return render_strokes(strokes, canvas_size=canvas, brush_width=width)


def middle(image):
    """Centre of mass (y, x) in pixels from the left top corner of the image."""
    mass = image.sum(axis=2).astype(float)
    rows, columns = np.indices(mass.shape) + 0.5
    return (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()


def box(image):
    """Height and width of the visible ink in pixels."""
    rows, columns = np.nonzero(image[:, :, 0] > 80)
    return np.ptp(rows) + 1, np.ptp(columns) + 1


def assert_alike(image, other, *, mean_difference):
    """Of 255 levels, over the pixels that have ink in either image."""
    inked = np.maximum(image, other) > 0
    difference = np.abs(image.astype(int) - other)[inked].mean()
    assert difference < mean_difference


# ---- what is drawn


def test_a_line_has_the_width_of_its_brush_and_round_ends():
    ink = render_strokes([np.array([[10.0, 15.0], [20.0, 15.0]])], canvas_size=30, brush_width=6)
    np.testing.assert_array_equal(np.flatnonzero(ink[:, 15]), np.arange(12, 18))
    np.testing.assert_array_equal(np.flatnonzero(ink[15] > 127), np.arange(7, 23))
    assert ink[12, 7] == 0  # the corner that a square end would fill
    assert ink.dtype == np.uint8


def test_x_is_across_and_y_is_down():
    ink = render_strokes([np.array([[20.5, 5.5]])], canvas_size=30, brush_width=3)
    assert np.unravel_index(ink.argmax(), ink.shape) in [(5, 20), (4, 20), (5, 19)]


@some
@given(st.floats(1.5, 12), st.floats(0, 2 * np.pi), st.floats(0, 40))
def test_ink_has_the_area_of_a_line_with_round_ends(radius, angle, length):
    ends = np.array([[50.0, 50.0], [50 + length * np.cos(angle), 50 + length * np.sin(angle)]])
    ink = render_strokes([ends], canvas_size=120, brush_width=2 * radius)
    expected = np.pi * radius**2 + 2 * radius * length
    assert ink.sum() / 255 == pytest.approx(expected, rel=0.06, abs=0.4)


def test_strokes_outside_of_the_canvas_leave_no_ink():
    assert not render_strokes([np.array([[-50.0, 5.0], [400.0, 900.0]])], canvas_size=30).any()


def test_no_strokes_are_an_empty_canvas():
    assert render_strokes([]).shape == (CANVAS_SIZE, CANVAS_SIZE)
    assert not render_strokes([]).any()


# ---- what becomes of it


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (20, 30, 1)])
def test_the_result_has_the_shape_asked_for(shape, normalize):
    for ink in (drawn(SEVEN), np.zeros((10, 17), np.uint8)):
        image = sketch_to_image(ink, shape=shape, normalize=normalize)
        assert image.shape == shape
        assert image.dtype == np.uint8
        assert image.any() == ink.any()
        np.testing.assert_array_equal(image, image[:, :, :1].repeat(shape[2], axis=2))


@pytest.mark.parametrize("level", [0, 1, 20])
def test_a_canvas_without_visible_ink_is_an_empty_image(level):
    assert not sketch_to_image(np.full((280, 280), level, np.uint8)).any()


def test_ink_is_white_and_paper_is_black():
    image = sketch_to_image(drawn(SEVEN))
    assert image.max() > 200
    assert image[0, 0] == 0


def test_without_normalisation_the_canvas_is_only_shrunk():
    ink = np.zeros((56, 56), np.uint8)
    ink[20:24, 40:44] = 200
    image = sketch_to_image(ink, normalize=False)[:, :, 0]
    assert image[10:12, 20:22].min() >= 150
    assert image.sum() * 4 == pytest.approx(ink.sum(), rel=0.02)


def test_a_tall_digit_fills_20_of_28_rows():
    height, width = box(sketch_to_image(drawn(SEVEN)))
    assert 19 <= height <= 21
    assert 15 <= width <= 18  # 0.8 of a centre line of 17.8 pixels, and the stroke


def test_a_wide_drawing_fills_20_of_28_columns():
    height, width = box(sketch_to_image(drawn([np.array([[0.0, 0.0], [1.0, 0.2]])])))
    assert 19 <= width <= 21
    assert height <= 8


@pytest.mark.parametrize("width", [8, 18, 36])
def test_a_straight_line_is_as_thick_as_a_training_digit(width):
    image = sketch_to_image(drawn([np.array([[0.5, 0.0], [0.5, 1.0]])], width=width)) / 255
    across = image[10:18].sum(axis=1).mean()
    assert across == pytest.approx(2.2, abs=0.25)


@some
@given(paths, st.floats(4, 40))
def test_the_centre_of_mass_is_in_the_centre_unless_ink_would_be_lost(path, width):
    image = sketch_to_image(drawn(path, width=width))
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in ((1, 2), (0, 2)))
    for place, inked in zip(middle(image), (rows, columns), strict=True):
        at_the_edge = inked[0] <= 1 or inked[-1] >= 26
        assert abs(place - 14) < 0.06 or at_the_edge


@some
@given(paths, st.integers(-60, 60), st.integers(-60, 60))
def test_the_place_on_the_canvas_makes_no_difference(path, right, down):
    ink = drawn(path, size=120, corner=(80, 80))
    moved = np.roll(ink, (down, right), axis=(0, 1))
    np.testing.assert_array_equal(sketch_to_image(moved), sketch_to_image(ink))


@some
@given(paths, st.integers(0, 40), st.integers(0, 40))
def test_the_size_of_the_canvas_makes_no_difference(path, more_rows, more_columns):
    ink = drawn(path)
    larger = np.pad(ink, ((more_rows, 3), (5, more_columns)))
    np.testing.assert_array_equal(sketch_to_image(larger), sketch_to_image(ink))


@some
@given(long_paths, st.floats(0.5, 1.2))
def test_the_size_of_the_drawing_makes_little_difference(path, factor):
    other = drawn(path, size=180 * factor, corner=(30, 30), width=18 * factor)
    assert_alike(sketch_to_image(drawn(path)), sketch_to_image(other), mean_difference=40)


@pytest.mark.parametrize("path", [SEVEN, EIGHT], ids=["seven", "eight"])
@pytest.mark.parametrize("width", [4, 8, 12, 24, 30, 36])
def test_the_width_of_the_brush_makes_little_difference(path, width):
    usual, other = sketch_to_image(drawn(path)), sketch_to_image(drawn(path, width=width))
    assert_alike(usual, other, mean_difference=30)


def test_faint_ink_is_ink():
    ink = drawn(SEVEN)
    faint = (ink * 0.4).astype(np.uint8)
    assert_alike(sketch_to_image(faint), sketch_to_image(ink), mean_difference=5)


@pytest.mark.parametrize("width", [1, 6, 18, 60])
def test_a_dot_stays_a_dot(width):
    image = sketch_to_image(drawn([np.array([[0.3, 0.3]])], width=width))
    assert max(box(image)) <= 4
    assert image.max() > 150
    np.testing.assert_allclose(middle(image), (14, 14), atol=0.3)


def test_a_thin_stroke_beside_thick_ones_does_not_vanish():
    thick = drawn([np.array([[x, 0.0], [x, 1.0]]) for x in (0.0, 0.4)], width=40)
    thin = drawn([np.array([[0.9, 0.0], [0.9, 1.0]])], width=8)
    image = sketch_to_image(np.maximum(thick, thin))
    inked = image[14, :, 0] > 80
    assert np.count_nonzero(np.diff(inked.astype(int)) == 1) == 3
    assert max(box(image)) <= 21


def test_a_heavy_end_does_not_push_the_other_end_out_of_the_image():
    scribble = np.array([[0.2 * (turn % 2), turn / 16] for turn in range(17)])
    tail = np.array([[0.0, 0.5], [1.0, 0.5]])
    for path in ([scribble, tail], [1 - scribble, tail]):
        for turned in (path, [stroke[:, ::-1] for stroke in path]):
            image = sketch_to_image(drawn(turned, width=9))
            assert min(box(image)) >= 20


@pytest.mark.parametrize("shape", [(56, 84, 1), (84, 56, 1), (56, 56, 3)])
def test_the_shorter_side_of_the_image_sets_the_size(shape):
    height, width = box(sketch_to_image(drawn(SEVEN), shape=shape))
    assert 39 <= height <= 41
    assert 30 <= width <= 36


def test_a_hair_on_a_huge_canvas_is_seen():
    image = sketch_to_image(drawn(SEVEN, size=1800, width=1.5, canvas=2000))
    assert 18 <= box(image)[0] <= 21


@some
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_ink_at_all_gives_an_image_with_ink_in_it(ink):
    image = sketch_to_image(ink)
    assert image.any() == (ink.max() > 32)


@pytest.mark.parametrize("fill", [(slice(None), slice(None)), (slice(3, 4), slice(None))])
def test_full_canvases_and_single_rows_are_drawings_too(fill):
    ink = np.zeros((280, 280), np.uint8)
    ink[fill] = 255
    assert max(box(sketch_to_image(ink))) <= 22


def test_color_canvases_and_floats_are_refused():
    with pytest.raises(DatasetError, match=r"ink must be \(H, W\) uint8.*shape \(9, 9, 4\)"):
        sketch_to_image(np.zeros((9, 9, 4), np.uint8))
    with pytest.raises(DatasetError, match=r"received shape .*float64; pass one channel"):
        sketch_to_image(np.zeros((9, 9)))


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("shape", [(0, 28, 1), (28, 28, 4)])
def test_impossible_shapes_are_refused(shape, normalize):
    with pytest.raises(DatasetError, match=r"can have the shape \(h, w, 1\)"):
        sketch_to_image(drawn(SEVEN), shape=shape, normalize=normalize)
