import threading
import time

import numpy as np
import pytest
from fakes import brightness, checksum_of, small_dataset, small_images, write_folders
from hypothesis import given
from hypothesis import strategies as st

from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.errors import ClassifierError, DatasetError
from hardex.predict.predictions import (
    Predictions,
    batch_size_for,
    from_probabilities,
    predict,
    shape_for,
)

TWO = np.array([[0.25, 0.75], [1.0, 0.0]])


def joined(stream):
    parts = list(stream)
    return {
        "positions": np.concatenate([part.positions for part in parts]).tolist(),
        "ids": [id for part in parts for id in part.ids],
        "labels": np.concatenate([part.labels for part in parts]).tolist(),
        "probabilities": np.concatenate([part.probabilities for part in parts]).tolist(),
    }


def test_the_classifier_is_asked_about_each_image_and_its_answer_kept():
    data = small_dataset(7)
    found = joined(predict(FunctionClassifier(checksum_of(3)), data, batch_size=3))
    expected = checksum_of(3)(data.images).astype(np.float32)
    assert found == {
        "positions": list(range(7)),
        "ids": list("0123456"),
        "labels": data.labels.tolist(),
        "probabilities": expected.tolist(),
    }


@given(size=st.integers(1, 50))
def test_batching_never_changes_the_predictions(size):
    data, classifier = small_dataset(40), FunctionClassifier(checksum_of(3))
    whole = joined(predict(classifier, data, batch_size=1000))
    assert joined(predict(classifier, data, batch_size=size)) == whole


def test_every_forward_pass_has_the_same_shape():
    shapes = []

    def note_shape(images):
        shapes.append(images.shape)
        return brightness(images)

    data = small_dataset(7, class_count=2)
    list(predict(FunctionClassifier(note_shape), data, batch_size=3))
    assert shapes == [(3, 4, 4, 1)] * 3


def test_probabilities_are_kept_in_single_precision_and_labels_as_whole_numbers():
    kept = Predictions(np.arange(2), ("0", "1"), np.array([1, 0], np.uint8), TWO)
    assert (kept.probabilities.dtype, kept.labels.dtype) == (np.float32, np.int64)


@pytest.mark.parametrize("count", [0, 1, 10])
def test_saved_probabilities_give_the_same_stream(count):
    rows = checksum_of(3)(small_images(count)) if count else np.zeros((0, 3))
    labels = np.zeros(count, int)
    stream = list(from_probabilities(rows, str, labels))
    if count:
        np.testing.assert_array_equal(joined(stream)["probabilities"], rows.astype(np.float32))
    assert [id for part in stream for id in part.ids] == list(map(str, range(count)))


def test_a_row_that_is_no_distribution_is_named_by_its_place_in_the_data():
    def breaks_at_the_fifth(images):
        rows = np.full((len(images), 2), 0.5)
        rows[images[:, 0, 0, 0] == 4] = 7
        return rows

    images = np.zeros((9, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = range(9)
    data = ArrayDataset.of(images, np.arange(9) % 2)
    with pytest.raises(ClassifierError, match=r"; row 4 sums to 14, and 1 of 3 rows are off; no r"):
        list(predict(FunctionClassifier(breaks_at_the_fifth), data, batch_size=3))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda images: 3, r"one row per image; .* gave an array of shape \(\) for 4 images; fix"),
        (lambda images: [[0.5, 0.5]], r"gave an array of shape \(1, 2\) for 4 images; fix the fu"),
        (lambda images: np.full((9, 2), 0.5), r"gave an array of shape \(9, 2\) for 4 images"),
        (lambda images: np.zeros(len(images)), r"two classes or more; received shape \(4,\); pas"),
        (lambda images: np.eye(2, dtype=int)[[0] * 4], r"floating-point numbers; received int64"),
        (
            checksum_of(3),
            r"one output per class; .* has 3 and arrays in memory has 2 classes \(0, ",
        ),
    ],
)
def test_a_function_that_gives_something_else_is_refused(function, message):
    with pytest.raises(ClassifierError, match=message):
        list(predict(FunctionClassifier(function), small_dataset(4, class_count=2), batch_size=4))


def test_a_model_of_other_classes_is_refused_before_it_is_asked():
    def never(images):
        raise AssertionError

    classifier = FunctionClassifier(never, class_count=10)
    data = small_dataset(5, class_count=20, class_names=[f"c{i}" for i in range(20)])
    with pytest.raises(ClassifierError, match=r"has 10 and .* 20 classes \(c0, .*, c9, …, c19\);"):
        list(predict(classifier, data))


def wants(shape):
    return FunctionClassifier(brightness, input_shape=shape)


def test_the_shape_asked_for_is_the_one_both_agree_on(tmp_path):
    arrays = small_dataset(5)
    folder = open_folders(write_folders(tmp_path, ["a/1.png", "b/1.png"]))
    resizable = ArrayDataset.of(arrays.images, arrays.labels, resize=True)
    assert shape_for(wants(None), arrays) == shape_for(wants((4, 4, 1)), arrays) == (4, 4, 1)
    assert (
        shape_for(wants((8, 8, 3)), folder) == (8, 8, 3) == shape_for(wants((8, 8, 3)), resizable)
    )
    assert shape_for(wants(None), folder) is None


@pytest.mark.parametrize("shape", [(28, 28, 1), (4, 4, 3)])
def test_arrays_of_another_shape_are_refused_unless_they_may_be_resized(shape):
    message = r"expects images of {} x {} x {}; arrays in memory holds 4 x 4 x 1; .*, or --resize"
    with pytest.raises(ClassifierError, match=message.format(*shape)):
        shape_for(wants(shape), small_dataset(5))


@given(shape=st.tuples(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([1, 3])))
def test_a_batch_holds_at_least_one_image_and_little_memory(shape):
    size = batch_size_for(shape)
    assert 1 <= size <= 512
    assert size == 1 or size * np.prod(shape) <= 2**22


class Failing(ArrayDataset):
    """Readable up to the third batch."""

    def batches(self, size, shape):
        for number, batch in enumerate(super().batches(size, shape)):
            if number == 2:
                raise DatasetError("the disk is gone.")
            yield batch


def test_what_goes_wrong_while_reading_is_raised_where_the_batch_is_asked_for():
    data = Failing.of(small_images(9), np.arange(9) % 2)
    seen = []
    with pytest.raises(DatasetError, match=r"^the disk is gone\.$"):
        for part in predict(FunctionClassifier(brightness), data, batch_size=3):
            seen += part.ids
    assert seen == list("012345")


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "hardex-read-ahead"]


@pytest.mark.parametrize("batches_taken", [0, 1, 3])
def test_a_pass_that_is_left_early_leaves_no_reader_behind(batches_taken):
    stream = predict(FunctionClassifier(checksum_of(3)), small_dataset(40), batch_size=1)
    for _ in range(batches_taken):
        next(stream)
    stream.close()
    patience = time.monotonic() + 10
    while readers() and time.monotonic() < patience:
        time.sleep(0.01)
    assert readers() == []


def test_the_reader_is_at_most_a_few_batches_ahead():
    read = []

    class Counting(ArrayDataset):
        def batches(self, size, shape):
            for batch in super().batches(size, shape):
                read.append(len(batch.ids))
                yield batch

    data = Counting.of(small_images(40), np.arange(40) % 2)
    stream = predict(FunctionClassifier(brightness), data, batch_size=1)
    next(stream)
    time.sleep(0.05)
    assert sum(read) <= 5
    stream.close()
