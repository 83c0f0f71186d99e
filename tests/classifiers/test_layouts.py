import numpy as np
import pytest

from hardex.classifiers.layouts import channel_count, image_shape, laid_out, takes_images


@pytest.mark.parametrize(
    ("into", "shape"),
    [
        ((None, 28, 28, 1), (28, 28, 1)),
        ((None, 5, 7, 3), (5, 7, 3)),
        ((None, 28, 28), (28, 28, 1)),
        ((None, 5, 7), (5, 7, 1)),
        ((None, 784), (28, 28, 1)),
        ((None, 64), (8, 8, 1)),
        ((None, 3072), (32, 32, 3)),
        ((None, None, None, 3), None),
        (("n", "h", "w"), None),
    ],
)
def test_the_images_for_an_input(into, shape):
    assert takes_images(into)
    assert image_shape(into) == shape
    assert shape is None or channel_count(into) == shape[2]
    if shape is not None:
        values = np.arange(2 * np.prod(shape), dtype=np.float32).reshape(2, *shape)
        assert laid_out(values, into).shape == (2, *into[1:])
        np.testing.assert_array_equal(laid_out(values, into).ravel(), values.ravel())


@pytest.mark.parametrize(
    "into", [(None,), (None, 60), (None, 9), (None, None), (None, 4, 4, 2), (None, 2, 2, 2, 1)]
)
def test_other_inputs_take_no_images(into):
    assert not takes_images(into)


def test_no_number_is_both_a_grey_and_a_coloured_square():
    grey = {side * side for side in range(1, 1000)}
    assert not grey & {3 * side * side for side in range(1, 600)}
