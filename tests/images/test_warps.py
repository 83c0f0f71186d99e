"""Many geometric transforms at once do what `transform` does one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.images import Transform, transform_each
from hardex.images.warps import warps

geometric = st.builds(
    Transform,
    flip=st.booleans(),
    scale=st.floats(0.4, 2.5),
    shear=st.floats(-1, 1),
    rotation=st.floats(-180, 180),
    shift_x=st.floats(-6, 6),
    shift_y=st.floats(-6, 6),
)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@settings(max_examples=30, deadline=None)
@given(st.lists(geometric, min_size=1, max_size=3), st.integers(3, 12), st.integers(3, 12))
def test_as_one_by_one_within_a_level(channels, transforms, height, width):
    images = noise(2, height, width, channels)
    found = warps(tuple(transforms), height, width).of(images)
    expected = np.stack([transform_each(image, transforms) for image in images])
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1


def test_nothing_to_do_changes_nothing():
    images = noise(3, 7, 5, 3)
    np.testing.assert_array_equal(warps((Transform(),), 7, 5).of(images)[:, 0], images)


def test_a_shift_to_the_right_brings_in_the_background():
    row = np.array([[7, 50, 7], [7, 90, 7], [7, 7, 7]], np.uint8)[None, :, :, None]
    found = warps((Transform(shift_x=1),), 3, 3).of(row)[0, 0, :, :, 0]
    np.testing.assert_array_equal(found, [[7, 7, 50], [7, 7, 90], [7, 7, 7]])


def test_each_channel_has_its_own_background():
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[..., 1], image[..., 2] = 100, 200
    far_out = warps((Transform(shift_x=9),), 4, 4).of(image)[0, 0]
    np.testing.assert_array_equal(far_out[0, 0], [0, 100, 200])
