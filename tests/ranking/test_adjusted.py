import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.ranking.adjusted import (
    IMBALANCED,
    ClassConfidence,
    adjusted_by,
    adjusted_self_confidence,
    rarest_share,
)

P = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4]])
Y = np.array([0, 0, 1])


def test_by_hand():
    """t = (0.8, 0.4); q of the last row = (0.6 - 0.8 + 0.8, 0.4 - 0.4 + 0.8) / 1.4."""
    confidence = ClassConfidence.empty(2).update(P, Y)
    np.testing.assert_allclose(confidence.expected(), [0.8, 0.4])
    scores = adjusted_by(confidence)(P, Y)
    np.testing.assert_allclose(scores[2], 1 - 0.8 / 1.4)


def as_cleanlab_does(p, y):
    """From its published source: subtract, add the largest, normalise; then self-confidence."""
    expected = np.array([p[y == label, label].mean() for label in range(p.shape[1])])
    moved = p - expected
    moved += expected.max()
    moved /= moved.sum(axis=1)[:, None]
    return moved[np.arange(len(y)), y]


@given(seed=st.integers(0, 999), k=st.integers(2, 6))
def test_it_is_cleanlabs_score_turned_round(seed, k):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), 30)
    y = np.r_[np.arange(k), rng.integers(0, k, 30 - k)]
    own = adjusted_by(ClassConfidence.empty(k).update(p, y))(p, y)
    np.testing.assert_allclose(1 - own, as_cleanlab_does(p, y), atol=1e-8)


@given(seed=st.integers(0, 999), data=st.data())
def test_the_class_statistics_are_the_same_however_the_set_is_cut(seed, data):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(3), 20).astype(np.float32)
    y = rng.integers(0, 3, 20)
    whole = ClassConfidence.empty(3).update(p, y)
    order = np.array(data.draw(st.permutations(range(20))))
    cut = data.draw(st.integers(0, 20))
    halves = [ClassConfidence.empty(3).update(p[i], y[i]) for i in (order[:cut], order[cut:])]
    merged = halves[1].merge(halves[0])
    np.testing.assert_array_equal(merged.units, whole.units)
    np.testing.assert_array_equal(merged.expected(), whole.expected())


def test_a_class_without_examples_is_expected_as_all_are():
    expected = ClassConfidence.empty(3).update(P @ np.eye(2, 3), Y).expected()
    np.testing.assert_allclose(expected, [0.8, 0.4, (0.9 + 0.7 + 0.4) / 3])
    assert ClassConfidence.empty(2).expected().tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_exact_zeros_and_ones_stay_finite_and_in_range(dtype):
    p = np.eye(3, dtype=dtype)[[0, 1, 2, 0, 0]]
    y = np.array([0, 1, 2, 1, 2])
    for expected in (np.zeros(3), np.ones(3), np.array([1.0, 0.0, 0.5])):
        scores = adjusted_self_confidence(p, y, expected=expected)
        assert np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()
        assert scores[3] > scores[1] and scores[4] > scores[2]


def test_belief_in_a_class_that_is_rarely_believed_in_weighs_more():
    often_low = np.array([0.9, 0.5])
    torn = np.array([[0.5, 0.5], [0.5, 0.5]])
    common, rare = adjusted_self_confidence(torn, np.array([0, 1]), expected=often_low)
    assert rare < common


def test_a_set_counts_as_imbalanced_when_a_class_has_a_tenth_of_its_share():
    assert rarest_share(np.array([50, 50])) == 1
    assert rarest_share(np.array([994, 0, 6])) < IMBALANCED < rarest_share(np.array([900, 100]))
    assert rarest_share(np.array([0, 0])) == 1
