import numpy as np
import pytest

from hardex.classifiers.classifier import FunctionClassifier
from hardex_app.cards import picture_url, thumbnail_url

from .fake_runs import decoded, parts_of, run_of, run_without_images, small_run


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
