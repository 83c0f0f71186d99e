import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as Pillow

import hardex.images.files
from hardex.errors import DatasetError
from hardex.images import as_jpeg, as_png, read_image, resize, write_png

images = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda size: st.sampled_from([1, 3]).flatmap(lambda c: arrays(np.uint8, (*size, c)))
)


def saved(picture, **options):
    file = io.BytesIO()
    picture.save(file, **{"format": "PNG", **options})
    file.seek(0)
    return file


@given(images)
def test_what_is_written_as_png_is_read_again(image):
    np.testing.assert_array_equal(read_image(io.BytesIO(as_png(image))), image)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_of_a_smooth_picture_looks_the_same(channels):
    y, x = np.mgrid[:64, :96]
    image = np.stack([x * 2, y * 3, x + y], axis=2)[:, :, :channels].astype(np.uint8)
    again = read_image(io.BytesIO(as_jpeg(image)))
    assert again.shape == image.shape
    assert np.abs(again.astype(int) - image).mean() < 2
    with pytest.raises(DatasetError):
        as_jpeg(image.astype(float))


def test_an_image_survives_a_file(tmp_path):
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    write_png(image, tmp_path / "image.png")
    np.testing.assert_array_equal(read_image(tmp_path / "image.png"), image)
    np.testing.assert_array_equal(read_image(str(tmp_path / "image.png")), image)
    with (tmp_path / "image.png").open("rb") as file:
        np.testing.assert_array_equal(read_image(file), image)


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("1", 1, [255]),
        ("L", 200, [200]),
        ("LA", (0, 0), [255]),
        ("LA", (0, 255), [0]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (200, 100, 0, 0), [255, 255, 255]),
        ("RGBA", (200, 100, 0, 255), [200, 100, 0]),
        ("RGBA", (200, 100, 0, 51), [244, 224, 204]),  # 255 - 51 / 255 * (255 - value)
        ("P", 0, [0, 0, 0]),
        ("I;16", 65535, [255]),
        ("I;16", 257 * 77, [77]),
    ],
)
def test_every_mode_becomes_grey_or_rgb_on_white(mode, color, expected):
    picture = Pillow.new(mode, (3, 2), color)
    image = read_image(saved(picture))
    assert image.shape == (2, 3, len(expected))
    np.testing.assert_array_equal(image[0, 0], expected)


def test_a_palette_color_marked_transparent_is_white():
    picture = Pillow.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putdata([0, 1])
    image = read_image(saved(picture, transparency=0))
    np.testing.assert_array_equal(image, [[[255, 255, 255], [40, 50, 60]]])


def test_a_grey_image_with_a_transparent_level_stays_grey():
    picture = Pillow.fromarray(np.array([[0, 9]], np.uint8))
    image = read_image(saved(picture, transparency=0))
    np.testing.assert_array_equal(image[:, :, 0], [[255, 9]])


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_an_animation_shows_its_first_frame(form):
    first, second = Pillow.new("RGB", (8, 8), "red"), Pillow.new("RGB", (8, 8), "blue")
    file = saved(first, format=form, save_all=True, append_images=[second])
    image = read_image(file)
    assert image.shape == (8, 8, 3)
    np.testing.assert_allclose(image[4, 4], [255, 0, 0], atol=3)


def test_a_camera_held_on_its_side_gives_an_upright_image():
    lying = np.full((16, 32, 3), 255, np.uint8)
    lying[:, :16] = 0
    exif = Pillow.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees clockwise to see it upright": the left end goes up
    file = saved(Pillow.fromarray(lying), format="JPEG", exif=exif)
    image = read_image(file)
    assert image.shape == (32, 16, 3)
    assert image[4, 8].max() < 20
    assert image[28, 8].min() > 235


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"^cannot read the image '.*no\.png': there is no such"):
        read_image(tmp_path / "no.png")


def test_a_text_file_is_no_image(tmp_path):
    (tmp_path / "notes.png").write_text("not an image")
    with pytest.raises(DatasetError, match=r"notes\.png': it is none of PNG, JPEG"):
        read_image(tmp_path / "notes.png")


def test_postscript_is_not_opened_because_pillow_would_start_a_program(tmp_path):
    (tmp_path / "run.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n")
    with pytest.raises(DatasetError, match="it is none of"):
        read_image(tmp_path / "run.eps")


def test_a_truncated_image_is_an_error_in_one_sentence():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = saved(Pillow.fromarray(noise), format="JPEG").getvalue()
    with pytest.raises(DatasetError, match=r"^cannot read the image '\(unnamed\)': .*truncated"):
        read_image(io.BytesIO(whole[: len(whole) // 2]))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
def test_damaged_bytes_give_an_image_or_a_dataset_error(seed, form):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    content = bytearray(saved(Pillow.fromarray(pixels), format=form).getvalue())
    for place in rng.integers(0, len(content), 4):
        content[place] = rng.integers(0, 256)
    with pytest.MonkeyPatch.context() as patch:
        # Damaged sizes are mostly huge; unpacking 80 million pixels of nothing takes seconds.
        patch.setattr(hardex.images.files, "MAX_PIXELS", 10_000)
        try:
            assert read_image(io.BytesIO(bytes(content))).ndim == 3
        except DatasetError as error:
            assert str(error).startswith("cannot read the image '(unnamed)': ")


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(hardex.images.files, "MAX_PIXELS", 99)
    with pytest.raises(DatasetError, match="it has 100 pixels, and 99 is the most"):
        read_image(saved(Pillow.new("L", (10, 10))))


@pytest.mark.parametrize("side", [9_600, 14_000])  # above Pillow's warning, above Pillow's error
def test_pillows_own_bomb_alarm_is_a_dataset_error(side):
    with pytest.raises(DatasetError, match=r"(has more than|pixels, and) 89,478,485"):
        read_image(saved(Pillow.new("1", (side, side)), compress_level=1))


def test_numbers_without_a_known_black_and_white_are_refused():
    with pytest.raises(DatasetError, match=r"float32 numbers from 0\.5 to 0\.5.*save it as PNG"):
        read_image(saved(Pillow.new("F", (2, 2), 0.5), format="TIFF"))


def test_only_images_are_written(tmp_path):
    with pytest.raises(DatasetError, match="add the channel axis"):
        write_png(np.zeros((4, 4), np.uint8), tmp_path / "flat.png")
    with pytest.raises(DatasetError, match="float64"):
        as_png(np.zeros((4, 4, 1)))


@given(images)
def test_resizing_to_the_same_shape_changes_nothing(image):
    np.testing.assert_array_equal(resize(image, image.shape), image)


@given(images, st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
def test_resizing_gives_the_shape_asked_for_and_invents_no_brightness(image, height, width, c):
    result = resize(image, (height, width, c))
    assert result.shape == (height, width, c)
    assert result.dtype == np.uint8
    assert result.min() >= image.min()
    assert result.max() <= image.max()


def test_shrinking_averages_what_it_leaves_out():
    # Every second column white: picking columns would give all or nothing.
    stripes = np.tile(np.array([0, 255], np.uint8), (32, 16))[:, :, None]
    np.testing.assert_allclose(resize(stripes, (8, 8, 1))[:, 1:-1], 127.5, atol=5)


def test_grey_is_the_mean_that_eyes_make():
    colors = np.eye(3, dtype=np.uint8)[None] * 255
    np.testing.assert_array_equal(resize(colors, (1, 3, 1))[0, :, 0], [76, 150, 29])  # ITU-R 601


@given(arrays(np.uint8, (3, 4, 1)))
def test_grey_to_color_and_back_is_grey(image):
    np.testing.assert_array_equal(resize(resize(image, (3, 4, 3)), (3, 4, 1)), image)


@pytest.mark.parametrize("shape", [(0, 4, 1), (4, 4, 2)])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(DatasetError, match=r"can have the shape \(h, w, 1\) or \(h, w, 3\)"):
        resize(np.zeros((4, 4, 1), np.uint8), shape)
