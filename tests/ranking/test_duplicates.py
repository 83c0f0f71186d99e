import numpy as np
import pytest
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.mnist import load_mnist
from hardex.images import resize
from hardex.ranking.duplicates import Lookalikes, looks_like, thumbnail

DIGITS = load_mnist("test")[0][:400]
DIGIT = DIGITS[0].reshape(28, 28, 1)


def noisy(image, levels):
    noise = np.random.default_rng(0).normal(0, levels, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "twin",
    [
        DIGIT,
        noisy(DIGIT, 5),
        resize(DIGIT, (56, 56, 1)),
        resize(DIGIT, (28, 28, 3)),
        np.minimum(DIGIT.astype(int) + 3, 255).astype(np.uint8),
    ],
    ids=["equal", "noise", "twice the size", "colour", "brighter"],
)
def test_the_same_picture_saved_anew_looks_like_it(twin):
    assert looks_like(thumbnail(DIGIT), thumbnail(twin))


def test_no_two_digits_of_four_hundred_look_alike():
    refuse = Lookalikes(lambda i: DIGITS[i].reshape(28, 28, 1))
    assert not any(refuse(i) for i in range(400)) and refuse.refused == []


@given(
    kinds=st.lists(st.integers(0, 4), max_size=12),
    more=st.lists(st.integers(0, 4), max_size=5),
)
def test_the_first_of_each_kind_passes_and_nothing_later_changes_that(kinds, more):
    pictures = small_images(5, size=9)

    def passed(order):
        refuse = Lookalikes(lambda place: pictures[order[place]])
        return [place for place in range(len(order)) if not refuse(place)]

    found = passed(kinds)
    assert [kinds[i] for i in found] == list(dict.fromkeys(kinds))
    assert passed(kinds + more)[: len(found)] == found


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 50, 3), (16, 16, 1), (200, 7, 3)])
def test_thumbnails_are_means_over_equal_parts(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    small = thumbnail(image)
    assert small.shape == (16, 16, 3)
    means = np.broadcast_to(image.mean(axis=(0, 1)), 3)
    np.testing.assert_allclose(small.mean(axis=(0, 1)), means, rtol=1e-4)
    if shape == (16, 16, 1):
        np.testing.assert_allclose(small[:, :, :1], image, rtol=1e-6)
