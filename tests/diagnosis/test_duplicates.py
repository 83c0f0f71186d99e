"""Copies of training images and of other examples."""

import numpy as np
import pytest
from fakes import checksum_of, small_images

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.duplicates import Copy, in_run, in_training, is_copy, with_another_label
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.reference import read_reference
from hardex.images import Transform, transform
from hardex.runs.folder import RESULTS, TABLE


def reference_of(images, labels, left_out=()):
    data = ArrayDataset.of(images, labels)
    rng = np.random.default_rng(0)
    keys = frozenset(map(pixel_key, left_out))
    return data, read_reference(data, labels, None, class_count=3, left_out=keys, rng=rng)


def test_copies_in_the_training_data_exact_and_saved_as_jpeg():
    y, x = np.mgrid[:12, :12]
    waves = [np.sin(x / (2 + i)) + np.cos(y / (1 + i)) for i in range(9)]
    images = np.stack([(127 + 60 * wave).astype(np.uint8) for wave in waves])[..., None]
    labels = np.arange(9) % 3
    data, reference = reference_of(images, labels)
    again = transform(images[4], Transform(jpeg=95))
    assert not np.array_equal(again, images[4])
    exact, nearly, none = in_training(
        np.stack([images[2], again, 255 - images[7]]), reference, data, labels
    )
    assert exact == [Copy("train", 2, 2, True)]
    assert nearly == [Copy("train", 4, 1, False)]
    assert none == []
    assert in_training(images[:0], reference, data, labels) == []


def test_every_left_out_copy_counts_also_the_second_with_another_label():
    images, labels = small_images(9), np.arange(9) % 3
    images[4] = images[0]
    data, reference = reference_of(images, labels, left_out=images[:1])
    (copies,) = in_training(images[:1], reference, data, labels)
    assert copies == [Copy("train", 0, 0, True), Copy("train", 4, 1, True)]
    assert with_another_label(copies, 0) == Copy("train", 4, 1, True)


def test_a_copy_needs_the_same_shape():
    assert not is_copy(np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 3), np.uint8))


def test_only_another_label_is_a_contradiction():
    near, exact = Copy("train", 1, 2, False), Copy("test", 5, 2, True)
    assert with_another_label([near, exact], 2) is None
    assert with_another_label([near, exact], 0) == near
    assert with_another_label([near, exact], 0, only_exact=True) == exact
    assert with_another_label([near], 0, only_exact=True) is None


@pytest.fixture
def ranked(tmp_path):
    """A run of forty pictures: 7 and 30 are equal with two labels, 8 and 31 with one."""
    images, labels = small_images(40), np.arange(40) % 3
    images[30], images[31] = images[7], images[8]
    labels[31] = labels[8]
    run = hardex.rank(checksum_of(3), (images, labels), out=tmp_path / "run")
    return run, images, labels


def test_copies_in_the_same_data_have_the_same_row_and_another_label(ranked):
    run, images, labels = ranked
    positions = np.array([7, 8, 9])
    p = np.array([list(row) for row in run.predictions["probabilities"]], np.float32)
    found = in_run(
        run.folder / RESULTS / TABLE,
        positions,
        labels[positions],
        p[positions],
        images[positions],
        lambda position: images[position],
    )
    assert found == [[Copy("test", 30, int(labels[30]), True)], [], []]


def test_examples_that_cannot_be_read_are_no_copies(ranked):
    run, images, labels = ranked
    p = np.array([list(row) for row in run.predictions["probabilities"]], np.float32)[[7]]
    table = run.folder / RESULTS / TABLE
    found = in_run(table, np.array([7]), labels[[7]], p, images[[7]], lambda position: None)
    assert found == [[]]
