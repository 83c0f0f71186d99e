import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex import arrays as hardex_arrays
from hardex.arrays import (
    check_images,
    check_labels,
    check_probabilities,
    sound_leaders,
    sound_maxima,
)
from hardex.errors import ClassifierError, DatasetError

logits = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9),
    elements=st.floats(-30, 30),
)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@settings(max_examples=50)
@given(logits=logits)
def test_every_softmax_is_taken_in_any_precision(dtype, logits):
    check_probabilities(softmax(logits).astype(dtype))


@given(logits=logits, by=st.floats(0.01, 5), data=st.data())
def test_one_row_that_does_not_sum_to_one_is_found_by_its_number(logits, by, data):
    probabilities = softmax(logits)
    row = data.draw(st.integers(0, len(logits) - 1))
    probabilities[row, 0] += by
    with pytest.raises(ClassifierError, match=rf"; row {row} sums to .*, and 1 of {len(logits)} r"):
        check_probabilities(probabilities)


def test_a_thousand_classes_in_half_precision_are_taken():
    many = softmax(np.random.default_rng(0).normal(size=(50, 1000)) * 3)
    check_probabilities(many.astype(np.float16))


def test_a_row_is_named_by_its_place_in_the_data_set():
    two = np.array([[0.5, 0.5], [3.0, 4.0]])
    with pytest.raises(ClassifierError, match=r"; row 17 sums to 7, and 1 of 2 rows are off; "):
        check_probabilities(two, positions=np.array([3, 17]))


def test_no_rows_are_no_mistake():
    check_probabilities(np.zeros((0, 10)))


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (
            np.full(3, 1 / 3),
            r"must have shape \(examples, classes\) .* received shape \(3,\); pass",
        ),
        (np.ones((3, 1)), r"with two classes or more; received shape \(3, 1\); pass one row per"),
        (
            np.eye(2, dtype=int),
            r"must be floating-point numbers; received int64; return the softmax",
        ),
        (np.array([[0.5, 0.5], [-1.0, 2.0]]), r"must be non-negative .*; row 1 holds -1, and 1 of"),
        (np.array([[3.0, 4.0]]), r"row 0 sums to 7, and 1 of 1 .*, so no logits: save the softmax"),
        (np.array([[-3.0, 4.0]]), r"row 0 holds -3, and 1 of 1 .* look like logits: save their so"),
        (np.array([[0.5, 0.5], [np.nan, 1]]), r"row 1 holds NaN or infinity, .* the weights \(did"),
        (np.array([[np.inf, 0.0]]), r"row 0 holds NaN or infinity, and 1 of 1 rows are off; "),
        (np.array([[np.inf, -np.inf]]), r"row 0 holds NaN or infinity"),
    ],
)
def test_what_is_no_distribution_is_refused_with_a_way_out(probabilities, message):
    with pytest.raises(ClassifierError, match=message):
        check_probabilities(probabilities)


@pytest.mark.parametrize(
    ("rows", "linear", "advice"),
    [
        ([[-3.0, 4.0]], False, "these look like logits: pass --logits"),
        ([[0.9, 0.9], [-3.0, 4.0]], False, "these look like logits: pass --logits"),
        ([[3.0, 4.0]], True, "these look like logits: pass --logits"),
        ([[0.9, 0.9]], False, "so no logits: end the model in a softmax, or divide each row"),
        ([[-0.1053605, -2.302585]], False, "are logarithms of probabilities: pass --logits"),
        ([[-0.1053605, -2.302585], [0.2, -1.0]], False, "these look like logits: pass --log"),
        ([[25.0, 75.0], [0.1, 99.9]], False, "sums to 100, so these are percentages: divide them"),
        ([[25.0, 75.0], [0.5, 0.6]], False, "so no logits: end the model"),
        ([[-1e-9, 1.0], [0.2, 0.8]], False, "are just below 0: set these to 0, as with numpy.max"),
        ([[-0.5, 1.5]], False, "these look like logits: pass --logits"),
    ],
)
def test_rows_of_a_model_are_refused_with_what_to_do_with_a_model(rows, linear, advice):
    with pytest.raises(ClassifierError, match=advice):
        check_probabilities(np.array(rows), of_model=True, ends_linear=linear)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint64])
def test_labels_of_every_whole_type_are_taken(dtype):
    check_labels(np.array([0, 2, 1], dtype), class_count=3)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0.0, 1.0]), r"one whole number per example; received float64 of shape \(2,\); "),
        (np.eye(2, dtype=int), r"received int64 of shape \(2, 2\); pass class indices 0\.\.2\."),
        (np.array(["cat", "dog"]), r"one whole number per example; received <U3 of shape \(2,\)"),
        (
            np.array([0, 3]),
            r"must lie in 0\.\.2 for 3 classes; label 1 \(counted .* is 3, and 1 of",
        ),
        (np.array([-1, 0, -2]), r"label 0 \(counted from 0\) is -1, and 2 of 3 are outside; fix"),
    ],
)
def test_labels_that_are_no_class_are_refused(labels, message):
    with pytest.raises(DatasetError, match=message):
        check_labels(labels, class_count=3)


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_rgb_are_taken(channels):
    check_images(np.zeros((2, 5, 7, channels), np.uint8))


@pytest.mark.parametrize(
    ("images", "advice"),
    [
        (np.zeros((2, 5, 7), np.uint8), "add the channel axis"),
        (np.zeros((2, 5, 7, 4), np.uint8), r"leave the transparency out: images\[\.\.\., :3\]"),
        (np.zeros((2, 3, 5, 7), np.uint8), r"channels last: images\.transpose\(0, 2, 3, 1\)"),
        (np.zeros((2, 35), np.uint8), "give each image its height and width"),
        (np.zeros((2, 5, 7, 1)), "before any preprocessing, whole numbers from 0 to 255"),
    ],
)
def test_other_images_are_refused_with_what_to_do(images, advice):
    with pytest.raises(DatasetError, match=rf"must have shape .* received shape .*; .*{advice}"):
        check_images(images)


@given(
    count=st.integers(1, 40),
    columns=st.sampled_from([2, 3, 64, 65, 200]),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_leader_of_a_row_is_the_first_of_its_largest_values(
    count, columns, levels, dtype, seed
):
    rows = np.random.default_rng(seed).integers(0, levels + 1, (count, columns)).astype(float)
    rows[rows.sum(axis=1) == 0, 0] = 1
    rows = (rows / rows.sum(axis=1, keepdims=True)).astype(dtype)
    found = sound_leaders(rows)
    if dtype == np.float16:
        assert found is None
        return
    best, places = found
    np.testing.assert_array_equal(best, rows.max(axis=1), strict=True)
    np.testing.assert_array_equal(places, rows.argmax(axis=1))
    np.testing.assert_array_equal(best, sound_maxima(rows), strict=True)
    for strange in (np.nan, np.inf, -1e-7, 3.0):
        off = rows.copy()
        off[count // 2, columns // 2] = strange
        assert sound_leaders(off) is None and sound_maxima(off) is None


@pytest.mark.parametrize("cached", [1, 1000])
def test_leaders_are_the_same_however_many_rows_are_read_at_once(cached, monkeypatch):
    rows = np.random.default_rng(0).dirichlet(np.ones(100), 50).astype(np.float32)
    best, places = sound_leaders(rows)
    monkeypatch.setattr(hardex_arrays, "_CACHED", cached)
    np.testing.assert_array_equal(sound_leaders(rows)[0], best)
    np.testing.assert_array_equal(sound_leaders(rows)[1], places)
