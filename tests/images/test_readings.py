"""The readings against the programs whose readings they are."""

import io

import numpy as np
import pytest
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from hardex.errors import DatasetError
from hardex.images import read_image, resize
from hardex.images.readings import READINGS, pixel_reading, plain_bilinear

SIDEWAYS = 6


def photograph(height=90, width=120, channels=3, seed=0):
    """Smooth colours with some noise, such as a camera gives."""
    noise = small_images(1, size=8, channels=3, seed=seed)[0]
    picture = Pillow.fromarray(noise).resize((width, height), Pillow.Resampling.BICUBIC)
    return picture if channels == 3 else picture.convert("L")


def with_alpha(picture, seed=1):
    alpha = np.random.default_rng(seed).integers(0, 256, picture.size[::-1], dtype=np.uint8)
    both = picture.copy()
    both.putalpha(Pillow.fromarray(alpha))
    return both


def turned_by_camera():
    exif = Pillow.Exif()
    exif[0x0112] = SIDEWAYS
    return exif


def deep_grey():
    values = np.arange(60 * 40, dtype=np.uint16).reshape(60, 40) * 27
    return Pillow.fromarray(values)


KINDS = {
    "photograph.jpg": lambda path: photograph().save(path),
    "small.jpg": lambda path: photograph(31, 17).save(path, quality=70, subsampling=2),
    "grey.jpg": lambda path: photograph(channels=1).save(path),
    "progressive.jpg": lambda path: photograph().save(path, progressive=True),
    "sideways.jpg": lambda path: photograph().save(path, exif=turned_by_camera()),
    "inks.jpg": lambda path: photograph().convert("CMYK").save(path),
    "colour.png": lambda path: photograph().save(path),
    "grey.png": lambda path: photograph(channels=1).save(path),
    "alpha.png": lambda path: with_alpha(photograph()).save(path),
    "grey_alpha.png": lambda path: with_alpha(photograph(channels=1)).convert("LA").save(path),
    "palette.png": lambda path: photograph().quantize(17).save(path),
    "clear_palette.png": lambda path: with_alpha(photograph()).quantize(17).save(path),
    "two_levels.png": lambda path: photograph().convert("1").save(path),
    "deep.png": lambda path: deep_grey().save(path),
    "film.gif": lambda path: photograph().quantize(30).save(path),
    "plain.bmp": lambda path: photograph().save(path),
}
# TensorFlow decodes these only in colour.
COLOUR_ONLY = {"inks.jpg", "film.gif", "plain.bmp"}


def keras_pixels(folder, shape, **options):
    import keras

    data = keras.utils.image_dataset_from_directory(
        folder,
        labels=None,
        image_size=shape[:2],
        color_mode="grayscale" if shape[2] == 1 else "rgb",
        batch_size=1,
        shuffle=False,
        verbose=False,
        **options,
    )
    (batch,) = list(data)
    return batch.numpy()[0]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("shape", [(32, 32, 3), (10, 10, 1), (150, 40, 3), (90, 120, 1)])
def test_keras_gives_these_pixels_to_half_a_level(tmp_path, name, shape):
    if shape[2] == 1 and name in COLOUR_ONLY:
        pytest.skip("TensorFlow cannot decode it as grey")
    KINDS[name](tmp_path / name)
    image = pixel_reading("keras").read(tmp_path / name, shape)
    # libpng and Pillow round the grey of a colour PNG in their own ways.
    most = 1.5 if shape[2] == 1 and name.endswith(".png") else 0.5001
    assert np.abs(keras_pixels(tmp_path, shape) - image).max() <= most


@pytest.mark.parametrize("aspect", ["crop", "pad"])
@pytest.mark.parametrize("shape", [(32, 32, 3), (20, 61, 3), (140, 33, 3)])
@pytest.mark.parametrize("size", [(90, 120), (121, 47)])
def test_keras_keeps_the_aspect_in_the_same_way(tmp_path, aspect, shape, size):
    photograph(*size).save(tmp_path / "a.png")
    wanted = keras_pixels(tmp_path, shape, **{f"{aspect}_to_aspect_ratio": True})
    image = pixel_reading(f"keras,{aspect}").read(tmp_path / "a.png", shape)
    assert np.abs(wanted - image).max() <= 0.5001


def test_from_112_to_10_keras_looks_at_a_few_pixels_and_pillow_at_all():
    dots = np.zeros((112, 112, 1), np.uint8)
    dots[5::11, 5::11] = 255  # the tenth part lies at 5.1, 16.3, ...
    assert pixel_reading("keras").fit(dots, (10, 10, 1)).max() > 100
    assert resize(dots, (10, 10, 1)).max() < 30


def test_a_hand_worked_row_without_antialiasing():
    # Of 5 pixels to 2: places 0.75 and 3.25, so 0.25 * 0 + 0.75 * 40 and 0.75 * 8 + 0.25 * 16.
    row = np.array([[0, 40, 99, 8, 16]], np.uint8)[:, :, None]
    assert plain_bilinear(row, (1, 2)).ravel().tolist() == [30, 10]


def test_a_file_sideways_is_upright_for_people_and_as_stored_for_others(tmp_path):
    KINDS["sideways.jpg"](tmp_path / "a.jpg")
    upright = read_image(tmp_path / "a.jpg")
    assert upright.shape == (120, 90, 3)
    np.testing.assert_array_equal(pixel_reading("pillow").read(tmp_path / "a.jpg", None), upright)
    for name in ("keras", "torchvision"):
        assert pixel_reading(name).read(tmp_path / "a.jpg", None).shape == (90, 120, 3)


def torchvision_by_hand(picture, resized, box):
    """`Resize` to (width, height), then a centre crop of (left, top, right, bottom)."""
    return np.asarray(picture.convert("RGB").resize(resized, Pillow.Resampling.BILINEAR).crop(box))


@pytest.mark.parametrize(
    ("size", "shape", "resized", "box"),
    [
        # 224 of 256: int(256 * 500 / 375) = 341; left (341 - 224) / 2 = 58.5 rounds to even, 58.
        ((375, 500), (224, 224, 3), (341, 256), (58, 16, 282, 240)),
        ((500, 375), (224, 224, 3), (256, 341), (16, 58, 240, 282)),
        ((90, 120), (28, 28, 3), (42, 32), (7, 2, 35, 30)),
        ((64, 64), (299, 299, 3), (342, 342), (22, 22, 321, 321)),
    ],
)
def test_torchvision_resizes_the_shorter_side_and_cuts_out_the_centre(
    tmp_path, size, shape, resized, box
):
    picture = with_alpha(photograph(*size))
    picture.save(tmp_path / "a.png")
    image = pixel_reading("torchvision").read(tmp_path / "a.png", shape)
    np.testing.assert_array_equal(image, torchvision_by_hand(picture, resized, box))


def test_torchvision_makes_grey_of_the_colours(tmp_path):
    picture = with_alpha(photograph(28, 28))
    picture.save(tmp_path / "a.png")
    image = pixel_reading("torchvision").read(tmp_path / "a.png", (28, 28, 1))
    np.testing.assert_array_equal(image[:, :, 0], picture.convert("RGB").convert("L"))


@pytest.mark.parametrize("name", READINGS)
@given(
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
    channels=st.sampled_from([1, 3]),
)
def test_every_reading_gives_every_shape_and_keeps_one_colour(name, size, shape, channels):
    reading = pixel_reading(name)
    image = np.full((*size, channels), 77, np.uint8)
    fitted = reading.fit(image, shape)
    assert (fitted.shape, fitted.dtype) == (shape, np.uint8)
    allowed = {0, 77} if name.endswith("pad") else {77}
    assert set(np.unique(fitted).tolist()) <= allowed
    assert reading.fit(fitted, shape) is fitted


@given(size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_the_reading_pillow_is_the_usual_resizing(size):
    image = small_images(1, size=7, channels=3)[0]
    np.testing.assert_array_equal(
        pixel_reading("pillow").fit(image, (*size, 3)), resize(image, (*size, 3))
    )


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 no more"])
def test_every_reading_refuses_what_is_no_picture(name, content):
    with pytest.raises(DatasetError, match="cannot read the image"):
        pixel_reading(name).read(io.BytesIO(content), (4, 4, 3))


def test_every_reading_refuses_a_cut_off_jpeg_and_a_bomb(tmp_path):
    KINDS["photograph.jpg"](tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    bomb = io.BytesIO()
    Pillow.new("1", (20_000, 20_000)).save(bomb, "PNG")
    for name in READINGS:
        for content in (whole[: len(whole) // 2], bomb.getvalue()):
            with pytest.raises(DatasetError, match="cannot read the image"):
                pixel_reading(name).read(io.BytesIO(content), (4, 4, 3))


def test_a_long_picture_that_torchvision_would_blow_up_is_refused_before():
    long = np.zeros((1, 2_000_000, 1), np.uint8)
    with pytest.raises(DatasetError, match="must not be so long"):
        pixel_reading("torchvision").fit(long, (224, 224, 1))


def test_an_unknown_reading_is_refused_with_those_that_there_are():
    with pytest.raises(DatasetError, match=r"auto, pillow, .*torchvision; received 'opencv'"):
        pixel_reading("opencv")
