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
    with pytest.raises(
        ClassifierError, match=r"one of unit, raw, -1\.\.1, .* received 'caffe'; choo"
    ):
        preprocess(EVERY_LEVEL, "caffe")


@pytest.mark.parametrize("name", PREPROCESS)
def test_inverting_and_swapping_come_before_the_scale(name):
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 2, 3), dtype=np.uint8)
    for words, pixels in (
        (",inverted", 255 - images),
        (",bgr", images[..., ::-1]),
        (",inverted,bgr", 255 - images[..., ::-1]),
    ):
        expected = preprocess(np.ascontiguousarray(pixels), name)
        np.testing.assert_array_equal(preprocess(images, name + words), expected, strict=True)


MINE = """
import numpy as np

def halved(images):
    return images.astype("float32") / 2

def whole(images):
    return images // 2

def spoiling(images):
    images[:] = 0
    return images.astype("float32")

def too_few(images):
    return images[:0] / 1

def text(images):
    return np.array(["a"] * len(images))

def broken(images):
    raise RuntimeError("out of\\nluck")

seven = 7
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module in the working folder, new for each test."""
    name = f"mine_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_function_in_the_working_folder_prepares_the_pixels(mine):
    expected = EVERY_LEVEL.astype(np.float32) / 2
    np.testing.assert_array_equal(preprocess(EVERY_LEVEL, f"{mine}:halved"), expected, strict=True)
    whole = (EVERY_LEVEL // 2).astype(np.float32)
    np.testing.assert_array_equal(preprocess(EVERY_LEVEL, f"{mine}:whole"), whole, strict=True)


def test_a_function_that_writes_into_its_images_does_not_spoil_them(mine):
    images = EVERY_LEVEL.copy()
    preprocess(images, f"{mine}:spoiling")
    np.testing.assert_array_equal(images, EVERY_LEVEL)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("MINE:too_few", r"one array of numbers per image; it gave float64 of shape \(0, .* fix"),
        ("MINE:text", r"one array of numbers per image; it gave <U1 of shape \(1,\) for 1 images"),
        ("MINE:broken", r"into numbers; it raised RuntimeError \(out of\); fix the function"),
        ("MINE:nothing", r"must name a function as MODULE:FUNCTION; MINE has no nothing; check"),
        ("MINE:seven", r"of type int, which is not callable; name a function"),
        ("no_such_module:f", r"importing no_such_module failed \(ModuleNotFoundError: No module"),
        ("unit,sideways", r"received 'unit,sideways'; choose what the model was trained with"),
    ],
)
def test_a_function_that_cannot_be_used_is_refused_in_one_line(mine, name, message):
    with pytest.raises(ClassifierError, match=message.replace("MINE", mine)) as caught:
        preprocess(EVERY_LEVEL, name.replace("MINE", mine))
    assert "\n" not in str(caught.value)
