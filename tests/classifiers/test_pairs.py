"""What a function may return beside the probabilities."""

import numpy as np
import pytest
from fakes import brightness, small_images, write_folders
from hypothesis import given
from hypothesis import strategies as st

from hardex import rank
from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.doctor.examine import examine
from hardex.classifiers.embeddings import embeddings
from hardex.classifiers.opening import open_classifier
from hardex.classifiers.pairs import outputs_and_embeddings
from hardex.data.folders import open_folders
from hardex.errors import ClassifierError


def corners(images):
    """The first and the last pixel of each image."""
    flat = images.reshape(len(images), -1)
    return flat[:, [0, -1]].astype(np.float64)


def both(images):
    return brightness(images), corners(images)


@pytest.mark.parametrize("as_kind", [tuple, list])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_probabilities_and_embeddings_are_a_pair(as_kind, count):
    images = small_images(count)
    classifier = open_classifier(lambda images: as_kind(both(images)))
    np.testing.assert_array_equal(classifier.probabilities(images), brightness(images))
    found = classifier.embeddings(images)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, corners(images))
    np.testing.assert_array_equal(embeddings(classifier, images, batch_size=3), corners(images))


def test_one_column_and_axes_of_length_one_are_taken_in_a_pair_too():
    def maps(images):
        return brightness(images)[:, 1:], corners(images)[:, :, None, None]

    images = small_images(4)
    classifier = FunctionClassifier(maps)
    np.testing.assert_allclose(classifier.probabilities(images), brightness(images))
    assert classifier.embeddings(images).shape == (4, 2)


def test_a_pair_is_made_of_the_prepared_pixels_and_may_hold_logits():
    def logits(values):
        assert values.max() <= 1
        return np.log(np.tile([1.0, 3.0], (len(values), 1))), corners(values)

    classifier = FunctionClassifier(logits, preprocess="unit", logits=True)
    images = small_images(3)
    np.testing.assert_allclose(classifier.probabilities(images), [[0.25, 0.75]] * 3)
    np.testing.assert_allclose(classifier.embeddings(images), corners(images) / 255, rtol=1e-6)


def test_a_function_without_embeddings_says_so():
    with pytest.raises(ClassifierError, match=r"returns only probabilities; return both, or go wi"):
        FunctionClassifier(brightness, name="mine:f").embeddings(small_images(2))


@given(count=st.integers(1, 5), k=st.integers(2, 5), kind=st.sampled_from([list, tuple, np.array]))
def test_rows_are_rows_however_many_there_are(count, k, kind):
    """Two rows are two images, not a pair; an array is never a pair."""
    rows = np.arange(count * k, dtype=float).reshape(count, k)
    returned = rows if kind is np.array else kind(list(rows))
    found, beside = outputs_and_embeddings(returned, count, "f")
    np.testing.assert_array_equal(found, rows)
    assert beside is None
    nested, beside = outputs_and_embeddings(kind([[row] for row in rows.tolist()]), count, "f")
    assert beside is None and nested.shape == (count, k)


@pytest.mark.parametrize(
    ("returned", "received"),
    [
        ((np.ones((3, 2)), np.ones(3)), r"shapes \(3, 2\) and \(3,\) for 3 images; give both one"),
        ((np.ones(3), np.ones((3, 2))), r"shapes \(3,\) and \(3, 2\) for 3 images; give both one"),
        (([0.1, 0.9], [0.5, 0.5]), r"shapes \(2,\) and \(2,\) for 3 images; give both one row"),
        ((np.ones((3, 2)), np.ones((2, 9))), r"shapes \(3, 2\) and \(2, 9\) for 3 images"),
        ((np.ones((2, 3)), np.ones((9, 3))), r"shapes \(2, 3\) and \(9, 3\) for 3 images"),
        ((np.ones((3, 2)), np.ones((3, 2), int)), r"int64 of shape \(3, 2\) beside the proba"),
        ((np.ones((3, 2)), np.ones((3, 4, 4, 2))), r"float64 of shape \(3, 4, 4, 2\) beside"),
        ((np.ones((3, 2)), np.ones((3, 0))), r"float64 of shape \(3, 0\) beside the probabiliti"),
        ((np.ones((3, 2)), np.full((3, 4), 0.25)), r"each row of the second array sums to 1; ret"),
    ],
)
def test_what_is_no_pair_is_refused_in_a_sentence(returned, received):
    classifier = FunctionClassifier(lambda images: returned, name="mine:f")
    told = r"the function mine:f must return \(n, k\) probabilities, or with them \(n, d\).*"
    for ask in (classifier.probabilities, classifier.embeddings):
        with pytest.raises(ClassifierError, match=told + received) as caught:
            ask(small_images(3))
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_two_columns_for_two_images_can_be_both_and_are_refused():
    columns = [np.array([[0.2], [0.8]]), np.array([[0.6], [0.4]])]
    with pytest.raises(ClassifierError, match=r"can be both a pair and one row for each image; m"):
        outputs_and_embeddings(columns, 2, "f")
    assert outputs_and_embeddings(np.array(columns), 2, "f")[1] is None


def test_embeddings_that_are_not_finite_are_refused_where_they_count():
    def broken_when_dark(images):
        with np.errstate(invalid="ignore"):
            return brightness(images), corners(images) / corners(images).sum(axis=1)[:, None] - 2

    images = small_images(5) | 1
    classifier = FunctionClassifier(broken_when_dark)
    assert np.isfinite(embeddings(classifier, images, batch_size=4)).all()  # the last is padded
    with pytest.raises(ClassifierError, match=r"must be finite numbers; received NaN"):
        embeddings(classifier, images * 0)


def test_the_doctor_sees_the_probabilities():
    images = small_images(40)
    labels = (brightness(images)[:, 1] > 0.5).astype(int)
    alone, pair = (
        examine(FunctionClassifier(function, class_count=2), images, labels, batch_size=8)
        for function in (brightness, both)
    )
    assert pair == alone


def test_a_ranking_by_embedding_compares_those_of_the_function(tmp_path):
    """Pictures of several sizes are fitted to the first, as in the pass."""
    for size in (4, 6, 9):
        files = [f"{name}/{size}-{i}.png" for name in ("a", "b") for i in range(4)]
        write_folders(tmp_path / "data", files, size=size)
    asked = []

    def counted(images):
        asked.append(images.shape)
        return both(images)

    rule = {"diversity": "embedding", "count": 5, "batch_size": 8}
    data = open_folders(tmp_path / "data")
    with_pair = rank(counted, data, out=tmp_path / "a", **rule)
    without = rank(brightness, data, out=tmp_path / "b", **rule)
    assert with_pair.metrics["lists"]["unsure"]["clusters"]["space"] == "embeddings"
    assert set(asked) == {(8, 4, 4, 1)}
    chosen = [run.hard[run.hard["list"] == "unsure"]["id"].tolist() for run in (with_pair, without)]
    assert len(chosen[0]) == 5 and chosen[0] != chosen[1]
