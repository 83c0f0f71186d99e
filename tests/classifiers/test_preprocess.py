import numpy as np
import pytest

from hardex.classifiers.preprocess import PREPROCESS, preprocess
from hardex.errors import ClassifierError

EVERY_LEVEL = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


@pytest.mark.parametrize(
    ("name", "arithmetic"),
    [
        ("unit", lambda x: x / np.float32(255)),
        ("raw", lambda x: x),
        ("-1..1", lambda x: x / np.float32(127.5) - np.float32(1)),
    ],
)
def test_each_name_means_its_arithmetic_to_the_last_bit(name, arithmetic):
    expected = arithmetic(EVERY_LEVEL.astype(np.float32))
    np.testing.assert_array_equal(preprocess(EVERY_LEVEL, name), expected, strict=True)


@pytest.mark.parametrize("name", PREPROCESS)
def test_every_preprocessing_keeps_shape_and_order_of_brightness(name):
    seen = preprocess(EVERY_LEVEL, name)
    assert (seen.shape, seen.dtype) == (EVERY_LEVEL.shape, np.float32)
    assert (np.diff(seen.ravel()) > 0).all()


def test_the_ends_of_the_ranges_are_met_exactly():
    black_and_white = np.array([[[[0], [255]]]], np.uint8)
    ends = {name: preprocess(black_and_white, name).ravel().tolist() for name in PREPROCESS}
    assert ends == {"unit": [0, 1], "raw": [0, 255], "-1..1": [-1, 1]}


def test_another_name_is_refused_with_those_there_are():
    with pytest.raises(ClassifierError, match=r"one of unit, raw, -1\.\.1; received 'caffe'; choo"):
        preprocess(EVERY_LEVEL, "caffe")
