"""The run agrees with the way of the article that started it all: two hard examples per digit."""

import keras
import numpy as np
import pytest

import hardex
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.data.mnist import load_mnist


def twenty_the_articles_way(path):
    """Predict every test digit, sort by confidence, take the two least confident of each digit."""
    images, labels = load_mnist("test")
    model = keras.models.load_model(path)
    probabilities = model.predict(images.astype("float32") / 255, batch_size=512, verbose=0)
    confidence = probabilities.max(axis=1)
    of_digit = [np.flatnonzero(labels == digit) for digit in range(10)]
    chosen = [digits[np.argsort(confidence[digits], kind="stable")[:2]] for digits in of_digit]
    firsts, seconds = (
        sorted(turn, key=confidence.__getitem__) for turn in zip(*chosen, strict=True)
    )
    return [str(position) for position in [*firsts, *seconds]], confidence


@pytest.fixture(scope="module", params=SHIPPED)
def both(request, tmp_path_factory):
    run = hardex.rank(request.param, "mnist:test", out=tmp_path_factory.mktemp("article") / "run")
    return run, *twenty_the_articles_way(shipped_model(request.param))


def test_the_unsure_list_is_the_articles_twenty(both):
    run, twenty, _ = both
    unsure = run.hard[run.hard["list"] == "unsure"]
    assert unsure["id"].tolist() == twenty
    assert unsure["given_label"].value_counts().to_dict() == {str(digit): 2 for digit in range(10)}


def test_every_confidence_is_the_articles(both):
    run, _, confidence = both
    np.testing.assert_allclose(run.predictions["confidence"], confidence, atol=1e-6)


def test_the_accuracy_is_the_models(both):
    run, _, _ = both
    wrong = run.hard[run.hard["list"] == "wrong"]
    assert run.metrics["accuracy"]["value"] > 0.97
    assert (wrong["given_label"] != wrong["predicted_label"]).all()
    assert run.manifest.model.name in SHIPPED and run.manifest.preprocess == "unit"


def test_the_pictures_are_the_digits_to_the_pixel(both):
    run, _, _ = both
    images, _ = load_mnist("test")
    for id in run.hard["id"]:
        np.testing.assert_array_equal(run.image(id), images[int(id)])
