import numpy as np
import pytest
from fakes import small_dataset
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.dataset import ArrayDataset
from hardex.errors import HardexError
from hardex.images import Transform, transform
from hardex.proof.planted import TARGETS, planted, target_of


def images_of(dataset, size):
    return np.concatenate([batch.images for batch in dataset.batches(size, None)])


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_changes_pictures_and_no_label(name):
    data = small_dataset(12)
    found = planted(data, target_of(name), (4, 4, 1), 0)
    assert not np.array_equal(images_of(found, 5), data.images)
    assert np.array_equal(found.labels, data.labels)


@given(size=st.integers(1, 13), seed=st.integers(0, 3))
def test_all_models_see_the_same_pictures_whatever_their_batches(size, seed):
    found = planted(small_dataset(12), target_of("rotation=45"), (4, 4, 1), seed)
    np.testing.assert_array_equal(images_of(found, size), images_of(found, 12))


def test_a_switch_does_what_the_transform_does():
    data = small_dataset(6)
    flipped = [transform(image, Transform(flip=True)) for image in data.images]
    found = planted(data, target_of("flip"), (4, 4, 1), 0)
    np.testing.assert_array_equal(images_of(found, 6), flipped)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rotaton", r"received 'rotaton'; did you mean rotation\?"),
        ("snow", r"--target must be one of rotation, .*; choose one of them"),
        ("rotation=much", r"needs an amount that changes something; received 'much'.*rotation=45"),
        ("rotation=0", "needs an amount"),
        ("scale=1", r"scale=1\.3"),
        ("noise=2", "needs an amount"),
        ("flip=3", r"--target flip has no amount; received '3'; pass flip"),
    ],
)
def test_bad_targets_are_one_sentence(text, why):
    with pytest.raises(HardexError, match=why) as caught:
        target_of(text)
    assert "\n" not in str(caught.value)


def test_strokes_are_of_drawings():
    colours = ArrayDataset.of(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]))
    with pytest.raises(HardexError, match="--target stroke is for drawings in grey"):
        planted(colours, target_of("stroke"), (4, 4, 3), 0)
