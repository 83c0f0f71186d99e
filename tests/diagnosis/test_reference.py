"""What examples are compared with: distances by brute force, and what is left out."""

import numpy as np
import pytest
from fakes import checksum_of, small_dataset, small_images, write_folders
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NAMES, letters

import hardex.diagnosis.reference as module
from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.data.sources import open_dataset
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.reference import NEAR, ClassDistances, read_reference
from hardex.errors import DatasetError
from hardex.runs.seal import Seal


def reference_of(dataset, classifier=None, **more):
    return read_reference(
        dataset,
        np.asarray(dataset.labels),
        classifier,
        class_count=len(dataset.class_names),
        rng=np.random.default_rng(0),
        **more,
    )


# Distances


@st.composite
def vectors_of_classes(draw):
    """Rows of up to 4 classes, some of them empty, and a few other vectors."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    labels = rng.choice(draw(st.sampled_from([[0], [1, 3], [0, 1, 2, 3]])), 23)
    return rng.normal(size=(23, 3)), labels, rng.normal(size=(6, 3)), rng


@settings(max_examples=25, deadline=None)
@given(vectors_of_classes(), st.booleans())
def test_distances_are_those_of_brute_force(vectors, in_parts):
    rows, labels, others, rng = vectors
    whole = module._CHUNK_BYTES
    module._CHUNK_BYTES = 4 * 23 * 2 if in_parts else whole
    try:
        found = ClassDistances.of(rows, labels, 4)
        means, nearest = found.means(others), found.nearest(others)
        of_class, ranks = rng.integers(0, 4, 6), rng.integers(0, 30, 6)
        behind = found.behind(others, of_class, ranks)
        near_rows = found.order[found.nearest_rows(others, 4)]
    finally:
        module._CHUNK_BYTES = whole
    far = np.linalg.norm(others[:, None] - rows[None], axis=2)
    for number in range(4):
        own = np.sort(far[:, labels == number], axis=1)
        expected = own[:, :NEAR].mean(axis=1) if own.size else np.full(6, np.inf)
        np.testing.assert_allclose(means[:, number], expected, rtol=1e-4)
        least = own[:, 0] if own.size else np.full(6, np.inf)
        np.testing.assert_allclose(nearest[:, number], least, rtol=1e-3, atol=1e-3)
    for place, (number, rank) in enumerate(zip(of_class, ranks, strict=True)):
        own = np.sort(far[place, labels == number])
        left = own[min(rank, len(own) - 1)] if len(own) and min(rank, len(own) - 1) else 0
        assert behind[place] == pytest.approx(left, rel=1e-5)
    np.testing.assert_array_equal(near_rows, np.argsort(far, axis=1)[:, :4])


def test_the_nearest_of_one_class_come_in_order_and_an_empty_one_has_none():
    rows, labels = np.array([[9.0], [1.0], [3.0], [2.0]]), np.array([0, 0, 2, 0])
    found = ClassDistances.of(rows, labels, 3)
    near = found.nearest_of(np.zeros((3, 1)), np.array([0, 1, 2]), 2)
    assert [found.order[places].tolist() for places in near] == [[1, 3], [], [2]]


# What is read


def test_pictures_that_are_left_out_are_no_neighbours_and_all_their_places_are_kept():
    images, labels = letters(12)
    images[7] = images[2]
    key = pixel_key(images[2])
    found = reference_of(ArrayDataset.of(images, labels), left_out=frozenset([key, "other"]))
    assert found.positions.tolist() == [0, 1, 3, 4, 5, 6, 8, 9, 10, 11]
    assert found.copies == {key: [2, 7]}
    assert found.counts.tolist() == [3, 3, 3, 3]
    assert found.scope == "10 of 12 training images, by pixels"


def test_nothing_but_examples_is_refused():
    dataset = small_dataset(6)
    every = frozenset(pixel_key(image) for image in dataset.images)
    with pytest.raises(DatasetError, match=r"not among the examples; all 6 of arrays in memory"):
        reference_of(dataset, left_out=every)


def test_if_all_but_one_are_left_out_there_are_statistics_of_it():
    dataset = small_dataset(6)
    some = frozenset(pixel_key(image) for image in dataset.images[:5])
    assert np.isfinite(reference_of(dataset, left_out=some).usual_statistics).all()


def test_large_pictures_keep_the_shape_that_the_model_needs():
    images = small_images(9, size=70, channels=3)
    dataset = ArrayDataset.of(images, np.arange(9) % 3)
    found = reference_of(dataset, FunctionClassifier(checksum_of(3)))
    assert found.shape == (70, 70, 3) and found.space == "pixels"
    assert found.vectors.rows.shape == (9, 23 * 23 * 3)
    assert found.vectors.means(found.embed(images[:2])).shape == (2, 3)


def test_training_pictures_of_another_size_come_in_the_shape_of_the_examples():
    dataset = ArrayDataset.of(small_images(9, size=8), np.arange(9) % 3)
    assert reference_of(dataset, shape=(12, 12, 1)).shape == (12, 12, 1)


def test_equal_pictures_have_no_directions_and_no_distance():
    dataset = ArrayDataset.of(np.full((5, 4, 4, 1), 9, np.uint8), np.array([0, 1, 0, 1, 2]))
    found = reference_of(dataset)
    assert found.pixels.means(found.directions.places(dataset.images)).max() == 0


def test_a_sample_is_kept_if_not_all_fit_and_it_is_said():
    images, labels = letters(40)
    found = reference_of(ArrayDataset.of(images, labels), most_bytes=4 * (144 + 40) * 10)
    assert len(found.positions) == 10 and found.sampled
    assert found.scope == "10 of 40 training images, drawn at random, by pixels"
    assert found.counts.tolist() == [10] * 4 and found.vectors.counts.sum() == 10


def test_files_that_cannot_be_read_and_sealed_images_are_no_neighbours(tmp_path):
    root = write_folders(tmp_path, [f"{name}/{i}.png" for name in "ab" for i in range(20)])
    (root / "a" / "3.png").write_bytes(b"no picture")
    dataset = open_dataset(root)
    seal = Seal(0.5, "00" * 16)
    part = seal.open_part(dataset)
    found = reference_of(part)
    open_ones = [i for i in range(40) if i != 3 and not seal.holds(dataset.image(i))]
    assert found.positions.tolist() == open_ones and 5 < len(open_ones) < 35


def test_a_class_without_images_is_infinitely_far():
    images, labels = letters(12)
    dataset = ArrayDataset.of(images, labels % 2, class_names=NAMES)
    found = reference_of(dataset)
    near = found.pixels.means(found.directions.places(images))
    assert np.isinf(near[:, 2:]).all() and np.isfinite(near[:, :2]).all()
    assert np.isinf(found.prototypes.nearest(found.directions.places(images))[:, 2:]).all()


def test_the_same_seed_draws_the_same_and_progress_may_stop():
    dataset = small_dataset(40)
    one, other = (reference_of(dataset, most_bytes=4 * 56 * 9) for _ in range(2))
    np.testing.assert_array_equal(one.positions, other.positions)
    np.testing.assert_array_equal(one.pixels.rows, other.pixels.rows)

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reference_of(dataset, progress=stop)
