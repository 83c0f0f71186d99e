import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from hardex.predict.balance import ALPHA, class_balance, two_sided

matrices = st.integers(1, 6).flatmap(
    lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 60))
)
OPPOSITE = {"": "", "seldom": "often", "never": "often"}


@given(taken=st.integers(0, 400), gained=st.integers(0, 400))
def test_the_p_value_is_that_of_the_exact_binomial_test(taken, gained):
    expected = binomtest(taken, taken + gained).pvalue if taken + gained else 1.0
    (p,) = two_sided(np.array([taken]), np.array([gained]))
    assert p == pytest.approx(expected, rel=1e-9)
    assert 0 < p <= 1


@given(heads=st.integers(0, 90), tails=st.integers(0, 90), chance=st.floats(0.01, 0.99))
def test_of_any_coin_it_is_twice_the_smaller_tail(heads, tails, chance):
    tails += heads == 0  # at least one toss
    one_sided = [
        binomtest(heads, heads + tails, chance, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    (p,) = two_sided(np.array([heads]), np.array([tails]), chance)
    assert p == pytest.approx(min(1.0, 2 * min(one_sided)), rel=1e-7)


def test_three_classes_by_hand():
    found = class_balance(np.array([[5, 3, 0], [0, 4, 0], [0, 0, 2]]))
    assert found.given.tolist() == [8, 4, 2]
    assert found.predicted.tolist() == [5, 7, 2]
    assert found.p.tolist() == [0.25, 0.25, 1.0]  # three coins that fall alike: 2 of 8 ways
    assert found.p_adjusted.tolist() == [0.75, 0.75, 1.0]  # Holm: three times the smallest
    assert found.flags() == ("", "", "")


@pytest.mark.parametrize(
    ("matrix", "flags"),
    [
        ([[0, 20], [0, 60]], ("never", "often")),
        ([[0, 2], [0, 98]], ("", "")),  # two errors may be chance
        ([[79_000, 21_000], [0, 900_000]], ("seldom", "")),
        ([[81_000, 19_000], [0, 900_000]], ("", "")),  # certain, and too small to matter
        ([[50, 50], [50, 50]], ("", "")),  # wrong half of the time, and balanced
        ([[0, 0], [20, 80]], ("often", "")),  # a class that is never given; 80 of 100 is not below
        ([[0, 0], [0, 9]], ("", "")),
        ([[0]], ("",)),
    ],
)
def test_a_flag_needs_certainty_and_size(matrix, flags):
    assert class_balance(np.array(matrix)).flags() == flags


@given(matrix=matrices)
def test_exchanging_given_and_predicted_exchanges_seldom_and_often(matrix):
    forth, back = class_balance(matrix), class_balance(matrix.T)
    np.testing.assert_allclose(forth.p, back.p, rtol=1e-9)
    for one, other in zip(forth.flags(), back.flags(), strict=True):
        assert OPPOSITE.get(one) == other or OPPOSITE.get(other) == one


@given(matrix=matrices, more=st.integers(0, 50))
def test_right_predictions_are_no_evidence(matrix, more):
    richer = matrix + more * np.eye(len(matrix), dtype=np.int64)
    np.testing.assert_array_equal(class_balance(matrix).p, class_balance(richer).p)


@given(matrix=matrices)
def test_a_symmetric_matrix_is_never_flagged(matrix):
    assert set(class_balance(matrix + matrix.T).flags()) == {""}


def confusion(rng, cells, size=2000):
    """A confusion matrix of `size` examples that fall into the cells with these chances."""
    return rng.multinomial(size, np.ravel(cells) / np.sum(cells)).reshape(np.shape(cells))


def balanced_cells(k=8):
    """Rare and common classes with many errors, each predicted as often as it is given."""
    size = np.geomspace(1, 20, k)
    pairs = np.minimum.outer(size, size) * 0.1
    return pairs + np.diag(4 * size)


def test_where_no_class_is_favoured_none_is_called_uneven():
    """400 matrices: more than 32 false alarms at 5 % would happen about once in 260 times."""
    rng = np.random.default_rng(0)
    found = [class_balance(confusion(rng, balanced_cells())) for _ in range(400)]
    assert sum((one.p_adjusted < ALPHA).any() for one in found) <= 32
    assert sum(any(one.flags()) for one in found) <= 32


def test_a_class_that_loses_four_of_ten_predictions_is_found():
    rng, cells, found = np.random.default_rng(0), balanced_cells(), 0
    lost = 0.4 * cells[6, 6]
    cells[6, 6] -= lost
    cells[6, 7] += lost
    for _ in range(100):
        flags = class_balance(confusion(rng, cells)).flags()
        assert set(flags[:6]) <= {"", "seldom", "often"}
        found += flags[6] == "seldom"
    assert found >= 95
