import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.predictions import Predictions

CLASSES = 3


@st.composite
def parts_of_a_pass(draw):
    """Predictions full of ties, cut into batches, and the batches dealt out to workers."""
    count = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Few values, so that rows tie and confidences fall on the edges of bins.
    weights = rng.integers(0, draw(st.sampled_from([2, 5, 1000])), (count, CLASSES)) + 1e-9
    whole = Predictions(
        np.arange(count),
        tuple(map(str, range(count))),
        rng.integers(0, CLASSES, count),
        weights / weights.sum(axis=1, keepdims=True),
    )
    cuts = sorted(draw(st.sets(st.integers(0, count), max_size=5)))
    batches = [part_of(whole, a, b) for a, b in zip([0, *cuts], [*cuts, count], strict=True)]
    shuffled = draw(st.permutations(batches))
    dealt = draw(st.integers(1, 3))
    return whole, [shuffled[worker::dealt] for worker in range(dealt)]


def part_of(whole, start, stop):
    part = slice(start, stop)
    return Predictions(
        whole.positions[part], whole.ids[part], whole.labels[part], whole.probabilities[part]
    )


def merged(empty, workers):
    """What the workers counted, merged; each starts from nothing."""
    total = empty
    for batches in workers:
        own = empty
        for batch in batches:
            own = own.update(batch)
        total = total.merge(own)
    return total


def fields_of(accumulator):
    return {name: value.tolist() for name, value in vars(accumulator).items()}


@pytest.mark.parametrize("empty", [Confusion.empty(CLASSES), Calibration.empty()])
@given(cut=parts_of_a_pass())
def test_any_cut_split_and_order_of_merging_counts_the_same(empty, cut):
    whole, workers = cut
    counted = fields_of(empty.update(whole))
    assert fields_of(merged(empty, workers)) == counted
    assert fields_of(merged(empty, workers[::-1])) == counted


@pytest.mark.parametrize("empty", [Confusion.empty(CLASSES), Calibration.empty()])
@given(cut=parts_of_a_pass())
def test_updating_and_merging_leave_what_was_there_alone(empty, cut):
    whole, _ = cut
    one = empty.update(whole)
    before = fields_of(one)
    one.update(whole)
    one.merge(one)
    assert fields_of(one) == before
    assert fields_of(one.merge(empty)) == fields_of(empty.merge(one)) == before


@given(cut=parts_of_a_pass())
def test_the_confusion_matrix_is_that_of_scikit_learn(cut):
    whole, _ = cut
    predicted = whole.probabilities.argmax(axis=1)
    expected = confusion_matrix(whole.labels, predicted, labels=range(CLASSES))
    np.testing.assert_array_equal(Confusion.empty(CLASSES).update(whole).counts, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64])
def test_labels_that_come_as_bytes_are_counted_in_their_class(dtype):
    # 100 * 100 does not fit into a byte.
    labels = np.arange(100, dtype=dtype)
    perfect = Predictions(np.arange(100), tuple("x" * 100), labels, np.eye(100))
    counts = Confusion.empty(100).update(perfect).counts
    np.testing.assert_array_equal(counts, np.eye(100))


def test_calibration_counts_by_hand():
    # Bins are 1/15 wide: 0.62 and 0.65 lie in bin 9 (0.6 .. 0.667), 1.0 in the last.
    probabilities = np.array([[0.62, 0.38], [0.35, 0.65], [1.0, 0.0]])
    seen = Calibration.empty().update(
        Predictions(np.arange(3), tuple("abc"), np.array([0, 0, 0]), probabilities)
    )
    assert {bin: n for bin, n in enumerate(seen.counts.tolist()) if n} == {9: 2, 14: 1}
    assert {bin: n for bin, n in enumerate(seen.right.tolist()) if n} == {9: 1, 14: 1}
    assert seen.confidence_millionths[[9, 14]].tolist() == [1_270_000, 1_000_000]
    # Bin 9: mean confidence 0.635, half right; bin 14: no difference.
    assert seen.expected_error() == pytest.approx(2 / 3 * (0.635 - 0.5))


@given(cut=parts_of_a_pass())
def test_the_calibration_error_is_that_of_its_definition(cut):
    whole, _ = cut
    confidence = whole.probabilities.max(axis=1).astype(float)
    right = whole.probabilities.argmax(axis=1) == whole.labels
    bins = np.minimum((confidence * 15).astype(int), 14)
    expected = sum(
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in set(bins.tolist())
    )
    found = Calibration.empty().update(whole).expected_error()
    assert found == pytest.approx(expected, abs=1e-6)


def test_nothing_seen_has_no_calibration_error():
    assert Calibration.empty().expected_error() == 0
