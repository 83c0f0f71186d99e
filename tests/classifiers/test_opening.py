import numpy as np
import pytest
from fakes import brightness, small_images

from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.opening import open_classifier
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.errors import ClassifierError


def test_a_function_becomes_a_classifier_that_says_what_it_says():
    classifier = open_classifier(brightness)
    images = small_images(5)
    np.testing.assert_array_equal(classifier.probabilities(images), brightness(images))
    assert (classifier.input_shape, classifier.class_count) == (None, None)
    assert classifier.source.endswith("fakes:brightness")
    assert (classifier.fingerprint(), classifier.numerics()) == (
        f"function {classifier.source}",
        {},
    )


def test_an_object_that_can_be_called_is_a_function_too():
    class Constant:
        def __call__(self, images):
            return [[0.25, 0.75]] * len(images)

    classifier = open_classifier(Constant())
    assert classifier.probabilities(small_images(2)).tolist() == [[0.25, 0.75]] * 2
    assert classifier.source.endswith("Constant")


def test_a_classifier_is_taken_as_it_is():
    classifier = FunctionClassifier(brightness, class_count=2)
    assert open_classifier(classifier) is classifier


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_there(name):
    assert shipped_model(name).is_file()


def test_a_model_that_was_not_shipped_is_refused():
    with pytest.raises(
        ClassifierError, match=r"are mnist_cnn, mnist_small; mnist_huge did not com"
    ):
        shipped_model("mnist_huge")
