import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex.classifiers.preprocess import (
    PREPROCESS,
    SCALES,
    check_preprocess,
    pixel_tables,
    preprocess,
    swaps_channels,
)
from hardex.errors import ClassifierError

EVERY_LEVEL = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


ONE_FOR_ALL = [name for name, table in PREPROCESS.items() if table.shape == (256, 1)]


def standard(mean, std):
    mean, std = np.float32(mean), np.float32(std)
    return lambda x: (x / np.float32(255) - mean) / std


@pytest.mark.parametrize(
    ("name", "arithmetic"),
    [
        ("unit", lambda x: x / np.float32(255)),
        ("raw", lambda x: x),
        ("-1..1", lambda x: x / np.float32(127.5) - np.float32(1)),
        ("mnist", standard(0.1307, 0.3081)),
        ("mean=0.4,std=0.2", standard(0.4, 0.2)),
    ],
)
def test_each_name_means_its_arithmetic_to_the_last_bit(name, arithmetic):
    expected = arithmetic(EVERY_LEVEL.astype(np.float32))
    np.testing.assert_array_equal(preprocess(EVERY_LEVEL, name), expected, strict=True)


COLOURS = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "mode"), [("imagenet", "torch"), ("caffe", "caffe")])
def test_the_names_of_imagenet_are_what_keras_does_to_the_last_bit(name, mode):
    from keras.applications.imagenet_utils import preprocess_input

    expected = preprocess_input(COLOURS.astype(np.float32), mode=mode)
    np.testing.assert_array_equal(preprocess(COLOURS, name), expected, strict=True)


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("cifar10", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        ("cifar100", (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        ("mean=0.5:0.4:0.3,std=0.1:0.2:0.4", (0.5, 0.4, 0.3), (0.1, 0.2, 0.4)),
        ("mean=0.5:0.4:0.3,std=0.1:0.2:0.4,bgr", (0.5, 0.4, 0.3), (0.1, 0.2, 0.4)),
    ],
)
def test_each_channel_that_the_model_gets_has_its_own_mean(name, mean, std):
    pixels = COLOURS[..., ::-1] if name.endswith("bgr") else COLOURS
    expected = standard(mean, std)(pixels.astype(np.float32))
    np.testing.assert_array_equal(preprocess(COLOURS, name), expected, strict=True)


@pytest.mark.parametrize("images", [EVERY_LEVEL, COLOURS, np.full((2, 3, 3, 3), 9, np.uint8)])
def test_standardized_is_what_tensorflow_does_to_each_image(images):
    import tensorflow as tf

    expected = tf.image.per_image_standardization(images).numpy()
    np.testing.assert_allclose(preprocess(images, "standardized"), expected, atol=2e-6)


def test_standardizing_an_image_does_not_depend_on_its_batch():
    whole = preprocess(COLOURS, "standardized")
    for i in range(len(COLOURS)):
        alone = preprocess(COLOURS[i : i + 1], "standardized")
        np.testing.assert_array_equal(alone, whole[i : i + 1], strict=True)


@pytest.mark.parametrize("name", [*ONE_FOR_ALL, "standardized", "mean=-1.5:0.5:0,std=1:2:0.001"])
def test_every_preprocessing_keeps_shape_and_order_of_brightness(name):
    images = np.repeat(EVERY_LEVEL, 3, axis=3) if ":" in name else EVERY_LEVEL
    seen = preprocess(images, name)
    assert (seen.shape, seen.dtype) == (images.shape, np.float32)
    assert (np.diff(seen.reshape(256, -1), axis=0) > 0).all()


def test_the_ends_of_the_ranges_are_met_exactly():
    black_and_white = np.array([[[[0], [255]]]], np.uint8)
    names = ("unit", "raw", "-1..1", "mean=0.5,std=0.5")
    ends = {name: preprocess(black_and_white, name).ravel().tolist() for name in names}
    assert ends == dict(zip(names, [[0, 1], [0, 255], [-1, 1], [-1, 1]], strict=True))


def test_another_name_is_refused_with_those_there_are():
    with pytest.raises(
        ClassifierError, match=r"one of unit, raw, -1\.\.1, imagenet, .* received 'coffee'; choo"
    ):
        preprocess(EVERY_LEVEL, "coffee")


@pytest.mark.parametrize("name", ["imagenet", "caffe", "mean=0.5:0.4:0.3,std=0.2:0.2:0.2,bgr"])
def test_a_scale_for_three_colours_is_refused_for_grey_images(name):
    message = r"must get images of three colours; the model takes 1 channel; choose one for grey"
    with pytest.raises(ClassifierError, match=message):
        preprocess(EVERY_LEVEL, name)


ON_0_TO_1 = r"must be on the scale of pixels from 0 to 1, .*; divide numbers for pixels 0\.\.255"
ONE_NUMBER = r"must give one number each, or one for each of three .*; write for example"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mean=0.5", r"received 'mean=0\.5'; choose"),
        ("mean=0.5,bgr", r"received 'mean=0\.5,bgr'; choose"),
        ("std=0.5,mean=0.5", r"received 'std=0\.5,mean=0\.5'; choose"),
        ("mean=0.5,std=0.5,sideways", r"received 'mean=0\.5,std=0\.5,sideways'; choose"),
        ("mean=,std=0.5", ONE_NUMBER),
        ("mean=0.5,std=", ONE_NUMBER),
        ("mean=a,std=0.5", ONE_NUMBER),
        ("mean=nan,std=0.5", ONE_NUMBER),
        ("mean=0.5,std=inf", ONE_NUMBER),
        ("mean=0.5:0.5,std=0.5:0.5", ONE_NUMBER),
        ("mean=0.5:0.4:0.3,std=0.5", ONE_NUMBER),
        ("mean=0.5:0.5:0.5:0.5,std=1:1:1:1", ONE_NUMBER),
        ("mean=0.5,std=0", ON_0_TO_1),
        ("mean=0.5,std=-0.2", ON_0_TO_1),
        ("mean=123.68:116.779:103.939,std=1:1:1", ON_0_TO_1),
        ("mean=0.4,std=58.4", ON_0_TO_1),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused_in_one_sentence(name, message):
    with pytest.raises(ClassifierError, match=message) as caught:
        check_preprocess(name)
    assert "\n" not in str(caught.value)


@given(
    images=arrays(np.uint8, (2, 3, 4, 3)),
    scale=st.sampled_from([*PREPROCESS, "mean=0.5:0.4:0.3,std=0.1:0.2:0.4", "mean=0,std=2"]),
    options=st.sampled_from(["", ",inverted", ",bgr", ",bgr,inverted"]),
)
def test_the_tables_and_the_swap_tell_what_the_model_is_given(images, scale, options):
    """What the Probe page does to show a tensor."""
    name = scale + options
    pixels = images[..., ::-1] if swaps_channels(name) else images
    table = np.broadcast_to(pixel_tables(name), (256, 3))
    shown = np.stack([table[:, k][pixels[..., k]] for k in range(3)], axis=3)
    np.testing.assert_array_equal(preprocess(images, name), shown, strict=True)


def test_there_is_no_table_where_a_pixel_alone_does_not_tell(mine):
    assert pixel_tables("standardized,inverted") is None
    assert pixel_tables(f"{mine}:halved") is None and not swaps_channels(f"{mine}:halved")


@pytest.mark.parametrize("name", SCALES)
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
