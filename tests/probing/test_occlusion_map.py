import numpy as np
import pytest

from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import Transform
from hardex.probing.occlusion_map import GRIDS, occlusion_in_parts


def bright_spot(images):
    """Class 1 as far as the pixels from (4, 12) to (7, 15) are bright."""
    light = images[:, 4:8, 12:16].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - light, light], axis=1)


@pytest.fixture
def picture():
    image = np.zeros((20, 20, 1), np.uint8)
    image[4:8, 12:16] = 255
    return image


def test_the_part_that_carries_the_answer_is_where_it_falls(picture):
    *parts, last = occlusion_in_parts(picture, Transform(), FunctionClassifier(bright_spot))
    assert (last.label, last.probability) == (1, 1.0)
    assert last.done == last.total == sum(n * n for n in GRIDS)
    assert [part.done for part in parts] == sorted(part.done for part in parts)
    most = np.unravel_index(last.drops.argmax(), last.drops.shape)
    assert 2 <= most[0] <= 3 and 6 <= most[1] <= 7  # of ten places of two pixels each
    far = last.drops.copy()
    far[1:5, 5:9] = 0
    np.testing.assert_array_equal(far, 0)
    assert (last.others[last.drops > 0.5] == 0).all() and (last.others[last.drops < 0.5] == 1).all()


def test_what_was_not_tried_yet_is_unknown(picture):
    first = next(occlusion_in_parts(picture, Transform(), FunctionClassifier(bright_spot)))
    assert np.isnan(first.drops).sum() == 25 - first.done
    assert ((first.others == -1) == np.isnan(first.drops)).all()


def test_it_is_of_the_picture_after_its_changes(picture):
    turned = Transform(rotation=90)  # the spot is where the model does not look

    *_, last = occlusion_in_parts(picture, turned, FunctionClassifier(bright_spot))
    assert last.label == 0 and np.nanmax(np.abs(last.drops)) < 0.2
