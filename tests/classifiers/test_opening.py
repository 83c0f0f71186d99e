import sys

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


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module in the working folder, new for each test."""
    name = f"models_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        "import numpy as np\n"
        "def bright(images):\n"
        "    return images.reshape(len(images), -1).mean(axis=1, keepdims=True) / 255\n"
        "def logits(images):\n"
        "    return np.log(np.tile([1.0, 3.0], (len(images), 1)))\n"
        "def half(images):\n"
        "    assert images.dtype == np.float32 and images.max() <= 1\n"
        "    return np.full((len(images), 2), 0.5)\n"
    )
    monkeypatch.chdir(tmp_path)
    return name


def test_a_function_is_opened_by_its_name(mine):
    classifier, images = open_classifier(f"{mine}:bright"), small_images(5)
    assert (classifier.source, classifier.preprocess) == (f"{mine}:bright", "raw")
    np.testing.assert_allclose(classifier.probabilities(images), brightness(images))
    assert classifier.fingerprint() == f"function {mine}:bright"


def test_a_function_of_logits_or_of_prepared_pixels_takes_the_same_options(mine):
    rows = open_classifier(f"{mine}:logits", logits=True).probabilities(small_images(2))
    np.testing.assert_allclose(rows, [[0.25, 0.75]] * 2)
    rows = open_classifier(f"{mine}:half", preprocess="unit").probabilities(small_images(2))
    np.testing.assert_array_equal(rows, [[0.5, 0.5]] * 2)


def test_a_function_that_takes_bytes_still_takes_bytes_when_they_are_inverted():
    images = small_images(3)
    inverted = open_classifier(brightness, preprocess="raw,inverted")
    np.testing.assert_allclose(inverted.probabilities(images), brightness(255 - images))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", r"importing no_such_module failed \(ModuleNotFoundError: .*check the"),
        ("numpy:no_such_name", r"numpy has no no_such_name; check the name in .*numpy"),
        ("numpy:pi", r"of type float, which is not callable; name a function"),
        ("broken_module:f", r"importing broken_module failed \(SyntaxError: .*; check the name"),
    ],
)
def test_a_name_that_is_no_function_is_refused_in_one_line(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_module.py").write_text("def f(:")
    with pytest.raises(ClassifierError, match=message) as caught:
        open_classifier(name)
    assert "\n" not in str(caught.value)


def test_the_search_path_is_left_as_it_was(mine):
    before = list(sys.path)
    open_classifier(f"{mine}:bright")
    assert sys.path == before


def test_another_preprocessing_is_refused_before_anything_is_loaded():
    with pytest.raises(ClassifierError, match=r"--preprocess must be one of .* received 'coffee'"):
        open_classifier("no such file", preprocess="coffee")
