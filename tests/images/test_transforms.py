import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from hardex.errors import DatasetError, HardexError
from hardex.images import Transform, rotations, transform, transform_each

images = st.sampled_from([(9, 9, 1), (8, 11, 1), (7, 6, 3)]).flatmap(
    lambda shape: arrays(np.uint8, shape)
)
any_transform = st.builds(
    Transform,
    rotation=st.floats(-360, 360),
    scale=st.floats(0.5, 2),
    shift_x=st.floats(-4, 4),
    shift_y=st.floats(-4, 4),
)


def dot(row, column, size=5):
    image = np.zeros((size, size, 1), np.uint8)
    image[row, column] = 200
    return image


@pytest.mark.parametrize(
    ("moved", "row", "column"),
    [
        (Transform(rotation=90), 1, 2),  # right of the centre, counter-clockwise: up
        (Transform(rotation=-90), 3, 2),
        (Transform(rotation=180), 2, 1),
        (Transform(rotation=450), 1, 2),
        (Transform(shift_x=1), 2, 4),
        (Transform(shift_x=-2), 2, 1),
        (Transform(shift_y=1), 3, 3),  # + is down
        (Transform(shift_y=-1), 1, 3),
        (Transform(scale=2), 2, 4),  # twice as far from the centre
    ],
)
def test_a_dot_right_of_the_centre_goes_where_it_should(moved, row, column):
    result = transform(dot(2, 3), moved)
    assert np.unravel_index(result.argmax(), (5, 5)) == (row, column)
    assert result.max() == 200


def test_the_order_is_scale_then_rotation_then_shift():
    # (1, 0) from the centre: doubled (2, 0), turned up (0, -2), then moved right (3, -2).
    result = transform(dot(5, 6, size=11), Transform(scale=2, rotation=90, shift_x=3))
    assert np.unravel_index(result.argmax(), (11, 11)) == (3, 8)


def test_the_order_is_that_of_the_steps_one_by_one():
    blob = np.zeros((41, 41, 1), np.uint8)
    blob[15:22, 18:30] = 255
    smooth = ndimage.gaussian_filter(blob, (2, 2, 0))
    at_once = transform(smooth, Transform(scale=1.3, rotation=35, shift_x=4, shift_y=-3))
    steps = smooth
    for step in (Transform(scale=1.3), Transform(rotation=35), Transform(shift_x=4, shift_y=-3)):
        steps = transform(steps, step)
    np.testing.assert_allclose(at_once.astype(int), steps, atol=8)


def test_half_a_pixel_is_half_of_each_neighbour():
    result = transform(dot(2, 2), Transform(shift_x=0.5))
    np.testing.assert_array_equal(result[2, :, 0], [0, 0, 100, 100, 0])


def test_shrinking_to_a_half_averages_blocks_of_four():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4, 1) * 10
    inner = transform(image, Transform(scale=0.5))[1:3, 1:3, 0]
    np.testing.assert_array_equal(inner, [[25, 45], [105, 125]])


@given(images)
def test_nothing_to_do_gives_the_same_bits(image):
    np.testing.assert_array_equal(transform(image, Transform()), image)


@given(images)
def test_a_full_turn_changes_nothing_by_more_than_a_level(image):
    turned = transform(image, Transform(rotation=360)).astype(int)
    np.testing.assert_allclose(turned, image, atol=1)


@given(arrays(np.uint8, (7, 7, 3)), st.integers(0, 3))
def test_quarter_turns_of_a_square_are_exact(image, turns):
    result = transform(image, Transform(rotation=90 * turns))
    np.testing.assert_array_equal(result, np.rot90(image, turns))


@given(st.integers(0, 255), any_transform)
def test_an_even_surface_stays_even(level, moved):
    image = np.full((6, 9, 3), level, np.uint8)
    np.testing.assert_array_equal(transform(image, moved), image)


def test_what_comes_in_is_the_median_of_the_border_in_each_channel():
    paper = np.full((8, 8, 3), (250, 240, 20), np.uint8)
    paper[2:6, 2:6] = 0
    paper[0, :3] = 99  # a corner of something else
    shifted = transform(paper, Transform(shift_x=7))
    np.testing.assert_array_equal(shifted[:, :7], np.full((8, 7, 3), (250, 240, 20)))


@given(images, any_transform)
def test_no_transform_invents_brightness(image, moved):
    result = transform(image, moved)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert result.min() >= image.min()
    assert result.max() <= image.max()


@given(images, st.floats(-360, 360))
def test_rotation_agrees_with_scipy(image, degrees):
    result = transform(image, Transform(rotation=degrees))
    for channel in range(image.shape[2]):
        plane = image[:, :, channel]
        border = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
        expected = ndimage.rotate(
            plane.astype(float),
            degrees,
            reshape=False,
            order=1,
            mode="grid-constant",
            cval=float(np.sort(border)[(len(border) - 1) // 2]),
        )
        np.testing.assert_allclose(result[:, :, channel], expected, atol=0.51)


@given(images, st.lists(any_transform, max_size=4))
def test_many_at_once_are_the_same_bits_as_one_by_one(image, transforms):
    together = transform_each(image, transforms)
    assert together.shape == (len(transforms), *image.shape)
    for result, one in zip(together, transforms, strict=True):
        np.testing.assert_array_equal(result, transform(image, one))


@given(images, st.lists(st.floats(-180, 180), min_size=1, max_size=4))
def test_rotations_are_the_same_bits_as_transform(image, degrees):
    for result, angle in zip(rotations(image, np.array(degrees)), degrees, strict=True):
        np.testing.assert_array_equal(result, transform(image, Transform(rotation=angle)))


def test_a_response_curve_of_73_angles_costs_milliseconds():
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        rotations(image, np.linspace(-180, 180, 73))
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.02  # 3 ms on an idle laptop core


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"scale": 0.0}, "the scale of a transform must be finite and above 0; received 0.0; "),
        ({"scale": -1.0}, "above 0; received -1.0; leave it out for 1.0"),
        ({"rotation": float("nan")}, "the rotation of a transform must be finite; received nan"),
        ({"shift_x": float("inf")}, "the shift_x of a transform must be finite; received inf"),
    ],
)
def test_impossible_numbers_are_refused(numbers, message):
    with pytest.raises(HardexError, match=message):
        Transform(**numbers)


def test_only_images_are_transformed():
    with pytest.raises(DatasetError, match="add the channel axis"):
        transform(np.zeros((4, 4), np.uint8), Transform())
