from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest

from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import read_image
from hardex.runs.run import load
from hardex_app.cards import FileCache, picture_url, thumbnail_url, view, view_url

from .fake_runs import decoded, parts_of, photographs, run_of, run_without_images, small_run


@pytest.mark.parametrize(
    ("shape", "thumbnail"),
    [
        ((96, 40, 1), (96, 40, 1)),
        ((97, 40, 1), (96, 40, 1)),
        ((30, 288, 3), (10, 96, 3)),
        ((400, 1, 1), (96, 1, 1)),
        ((1, 1000, 3), (1, 96, 3)),
    ],
)
def test_thumbnails_are_small_and_pictures_are_whole(tmp_path, shape, thumbnail):
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    run = run_of(tmp_path, images, [0, 1, 1], FunctionClassifier(parts_of(2)))
    for id in "012":
        assert decoded(thumbnail_url(run, id)).shape == thumbnail
        np.testing.assert_array_equal(decoded(picture_url(run, id)), images[int(id)])


def test_two_runs_with_the_same_ids_keep_their_own_thumbnails(tmp_path):
    for name in ("dark", "light"):
        (tmp_path / name).mkdir()
    dark, light = (
        run_of(
            tmp_path / name,
            np.full((2, 4, 4, 1), grey, np.uint8),
            [0, 1],
            FunctionClassifier(parts_of(2)),
        )
        for name, grey in (("dark", 10), ("light", 240))
    )
    assert decoded(thumbnail_url(dark, "0")).max() == 10
    assert decoded(thumbnail_url(light, "0")).max() == 240


def test_a_run_without_images_has_no_pictures(tmp_path):
    assert thumbnail_url(run_without_images(tmp_path), "0") == ""


def test_an_example_whose_image_is_gone_has_no_picture(tmp_path):
    run, _ = small_run(tmp_path, count=60)
    others = set(run.predictions["id"]) - set(run.hard["id"])
    (tmp_path / "data.npz").unlink()
    assert picture_url(run, others.pop()) == ""


@pytest.mark.parametrize("channels", [1, 3])
def test_to_be_looked_at_photographs_are_jpeg_and_all_else_is_exact(tmp_path, channels):
    images = photographs(3, 300, 400, channels)
    images[2] = np.random.default_rng(0).choice([0, 255], 300)[:, None, None]  # drawn, no photo
    run = run_of(tmp_path, images, [0, 1, 1], FunctionClassifier(parts_of(2)))
    assert view_url(run, "0").startswith("data:image/jpeg;base64,")
    assert 2 * len(view_url(run, "0")) < len(picture_url(run, "0"))
    photograph = read_image(BytesIO(b64decode(view_url(run, "0").partition(",")[2])))
    assert photograph.shape == images[0].shape
    assert np.abs(photograph.astype(int) - images[0]).mean() < 8
    np.testing.assert_array_equal(decoded(view_url(run, "2")), images[2])
    np.testing.assert_array_equal(decoded(picture_url(run, "0")), images[0])  # Browse's own


@pytest.mark.parametrize("side", [28, 128])
def test_small_images_are_looked_at_dot_for_dot(tmp_path, side):
    images = photographs(2, side, side)
    run = run_of(tmp_path, images, [0, 1], FunctionClassifier(parts_of(2)))
    np.testing.assert_array_equal(decoded(view_url(run, "1")), images[1])


def test_an_image_that_many_look_at_is_read_once_while_it_is_there(tmp_path):
    images = photographs(2, 150, 150)
    run = run_of(tmp_path, images, [0, 1], FunctionClassifier(parts_of(2)))
    first = view(run, "0")
    (tmp_path / "data.npz").unlink()
    again = load(run.folder)
    assert view(run, "0") is first
    assert view_url(again, "nothing") == ""
    (tmp_path / "other").mkdir()
    other = run_of(tmp_path / "other", images[::-1], [0, 1], FunctionClassifier(parts_of(2)))
    assert view(other, "0") != first


def test_what_is_kept_is_bounded_and_what_was_asked_for_longest_ago_goes_first():
    kept, made = FileCache(10), []

    def ask(key, size=4):
        def make():
            made.append(key)
            return key * size

        return kept.get(key, make)

    for key in (b"a", b"b", b"a", b"c", b"a", b"b"):
        assert ask(key) == key * 4
    assert b"".join(made) == b"abcb"  # c pushed b out, for a was asked for meanwhile
    assert (
        ask(b"d", 11) == b"d" * 11 and ask(b"d", 11) and b"".join(made) == b"abcbdd"
    )  # too long to keep

    def fail():
        raise ValueError

    with pytest.raises(ValueError):
        kept.get(b"e", fail)
    assert ask(b"e") == b"eeee"
    with ThreadPoolExecutor(8) as pool:
        keys = [bytes([letter]) for letter in b"abcdefgh" * 20]
        assert list(pool.map(ask, keys)) == [key * 4 for key in keys]
    assert sum(map(len, kept._files.values())) == kept._size <= 10
