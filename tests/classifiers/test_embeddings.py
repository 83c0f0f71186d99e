import numpy as np
import pytest
from fakes import brightness, small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.embeddings import embeddings, pixel_embeddings
from hardex.classifiers.opening import open_classifier


def test_the_model_is_asked_where_it_can_answer():
    model = open_classifier("mnist_small")
    images = small_images(7, size=28)
    found = embeddings(model, images, batch_size=3)
    np.testing.assert_allclose(found, model.embeddings(images), atol=1e-5)


def test_a_function_has_none_and_the_pixels_speak():
    images = small_images(9)
    by_function = embeddings(FunctionClassifier(brightness), images)
    np.testing.assert_array_equal(by_function, pixel_embeddings(images))


@pytest.mark.parametrize("size", [1, 4, 33, 70])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_every_size_get_finite_rows(size, channels):
    found = pixel_embeddings(small_images(5, size=size, channels=channels), size=3)
    assert found.shape == (5, min(3, size * size * channels)) and found.dtype == np.float32
    assert np.isfinite(found).all()


@given(seed=st.integers(0, 99), count=st.integers(2, 12))
def test_distances_between_pixels_are_kept_while_nothing_is_left_out(seed, count):
    images = small_images(count, seed=seed)
    found, flat = pixel_embeddings(images), images.reshape(count, -1) / 255

    def distances(rows):
        return np.linalg.norm(rows[:, None] - rows, axis=2)

    np.testing.assert_allclose(distances(found), distances(flat), atol=1e-4)


def test_the_same_pictures_give_the_same_rows():
    images = small_images(200, size=20)
    np.testing.assert_array_equal(pixel_embeddings(images), pixel_embeddings(images))


def test_one_picture_and_none_have_a_place_too():
    assert pixel_embeddings(small_images(1)).shape == (1, 1)
    assert embeddings(None, small_images(0)).shape == (0, 1)
