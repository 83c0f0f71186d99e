import numpy as np
import pytest
from fakes import small_images

from hardex.classifiers.classifier import FunctionClassifier
from hardex.errors import ClassifierError, DatasetError


def raising(error):
    def broken(images):
        raise error

    return FunctionClassifier(broken, name="mine:broken")


def test_what_a_function_raises_becomes_a_sentence():
    message = (
        r"^the function mine:broken must turn images \(2, 4, 4, 1\) into probabilities; "
        r"it raised KeyError \('x'\); fix it\.$"
    )
    with pytest.raises(ClassifierError, match=message):
        raising(KeyError("x")).probabilities(small_images(2))
    with pytest.raises(ClassifierError, match=r"RuntimeError \(first\); fix it\.$"):
        raising(RuntimeError("first\nsecond")).probabilities(small_images(2))
    with pytest.raises(ClassifierError, match="no reason given"):
        raising(ValueError()).probabilities(small_images(2))


@pytest.mark.parametrize("error", [DatasetError("as it is"), KeyboardInterrupt()])
def test_errors_of_hardex_and_interruptions_pass_as_they_are(error):
    with pytest.raises(type(error)) as caught:
        raising(error).probabilities(np.zeros((1, 2, 2, 1), np.uint8))
    assert caught.value is error


def test_a_function_may_give_rows_with_axes_of_length_one():
    rows = np.array([[0.25, 0.75], [0.5, 0.5]])
    for shape in ((2, 2, 1, 1), (2, 1, 1, 2), (2, 1, 2)):
        given = FunctionClassifier(lambda images, shape=shape: rows.reshape(shape))
        np.testing.assert_array_equal(given.probabilities(np.zeros((2, 4, 4, 1), np.uint8)), rows)
