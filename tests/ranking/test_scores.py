import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex.ranking.scores import ADJUSTED, FORMULAS, SCORES, UNSURE_SCORES, WRONG_SCORES

PRECISIONS = (np.float16, np.float32, np.float64)
LABELS = np.arange(6) % 4
distributions = arrays(np.float64, (6, 4), elements=st.floats(0.001, 1)).map(
    lambda a: a / a.sum(axis=1, keepdims=True)
)


def as_distributions(beliefs):
    """Rows over their sums; a row without any belief is certain of a class."""
    nothing = beliefs.sum(axis=1, keepdims=True) == 0
    beliefs = np.where(nothing, np.eye(4)[LABELS[::-1]], beliefs)
    return beliefs / beliefs.sum(axis=1, keepdims=True)


# Exact zeros and ones, and what is a zero only in a lower precision.
sharp = arrays(np.float64, (6, 4), elements=st.sampled_from([0.0, 1e-300, 1e-9, 1.0])).map(
    as_distributions
)
RANGES = {
    "least_confidence": (0, 0.75),
    "margin": (0, 1),
    "entropy": (0, 1),
    "loss": (0, 87.34),
    "normalized_margin": (-1, 1),
    "el2n": (0, 2**0.5),
}


def test_every_score_has_a_list_a_range_and_a_formula():
    assert sorted({*SCORES, ADJUSTED}) == sorted(UNSURE_SCORES + WRONG_SCORES) == sorted(FORMULAS)
    assert sorted(SCORES) == sorted(RANGES)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(probabilities=st.one_of(distributions, sharp))
def test_every_score_is_one_finite_number_in_its_range_per_example(name, dtype, probabilities):
    scores = SCORES[name](probabilities.astype(dtype), LABELS)
    assert scores.shape == (6,) and scores.dtype == np.float64
    low, high = RANGES[name]
    slack = 0.01 if dtype is np.float16 else 1e-3
    assert (scores >= low - slack).all() and (scores <= high + slack).all()


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", SCORES)
def test_certainty_of_the_label_is_the_least_score_there_is_and_never_minus_zero(name, dtype):
    scores = SCORES[name](np.eye(4, dtype=dtype), np.arange(4))
    assert (scores == RANGES[name][0]).all()
    assert not np.signbit(scores[scores == 0]).any()


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", sorted(set(WRONG_SCORES) & set(SCORES)))
def test_certainty_of_another_class_is_the_greatest_score_there_is(name, dtype):
    scores = SCORES[name](np.eye(4, dtype=dtype), np.arange(4)[::-1])
    np.testing.assert_allclose(scores, RANGES[name][1], atol=1e-2)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", UNSURE_SCORES)
def test_knowing_nothing_is_the_greatest_score_there_is(name, dtype):
    scores = SCORES[name](np.full((2, 4), 0.25, dtype), np.array([0, 3]))
    np.testing.assert_allclose(scores, RANGES[name][1], atol=1e-12)


@pytest.mark.parametrize("name", SCORES)
def test_in_every_score_higher_is_harder(name):
    sure_and_right, torn, sure_and_wrong = [0.98, 0.01, 0.01], [0.4, 0.35, 0.25], [0.01, 0.98, 0.01]
    table = np.array([sure_and_right, torn, sure_and_wrong])
    easy, hard, wrong = SCORES[name](table, np.zeros(3, int))
    assert hard > easy
    if name in WRONG_SCORES:
        assert wrong > hard


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(towards=st.floats(0, 0.74), more=st.floats(0.01, 0.25))
def test_moving_belief_from_the_label_to_another_class_is_never_easier(name, towards, more):
    """Along the line from one class to another; the unsure scores up to the tie in its middle."""
    where = towards + more if name in WRONG_SCORES else min(towards + more, 1) / 2
    before = towards if name in WRONG_SCORES else towards / 2
    rows = np.array([[1 - before, before], [1 - where, where]])
    first, second = SCORES[name](rows, np.array([0, 0]))
    assert second > first


@pytest.mark.parametrize("name", UNSURE_SCORES)
@settings(max_examples=30)
@given(probabilities=distributions, labels=arrays(int, 6, elements=st.integers(0, 3)))
def test_labels_play_no_part_in_the_unsure_scores(name, probabilities, labels):
    np.testing.assert_array_equal(
        SCORES[name](probabilities, labels), SCORES[name](probabilities, LABELS)
    )


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(probabilities=distributions, order=st.permutations(range(4)))
def test_the_order_of_the_classes_plays_no_part(name, probabilities, order):
    renamed = np.argsort(order)[LABELS]
    np.testing.assert_allclose(
        SCORES[name](probabilities[:, order], renamed), SCORES[name](probabilities, LABELS)
    )


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(probabilities=distributions)
def test_a_score_leaves_its_arrays_alone_and_treats_each_row_by_itself(name, probabilities):
    kept = probabilities.copy()
    whole = SCORES[name](probabilities, LABELS)
    np.testing.assert_array_equal(probabilities, kept)
    one_by_one = [SCORES[name](probabilities[[i]], LABELS[[i]])[0] for i in range(6)]
    np.testing.assert_array_equal(whole, one_by_one)


@pytest.mark.parametrize("name", SCORES)
def test_no_rows_have_no_scores(name):
    assert SCORES[name](np.zeros((0, 4)), np.zeros(0, int)).shape == (0,)


@given(probabilities=st.one_of(distributions, sharp))
def test_the_entropy_is_scipys(probabilities):
    expected = scipy.stats.entropy(probabilities, axis=1, base=4)
    np.testing.assert_allclose(SCORES["entropy"](probabilities, LABELS), expected, atol=1e-12)


@given(logits=arrays(np.float64, (6, 4), elements=st.floats(-20, 20)))
def test_the_loss_is_scipys_log_softmax(logits):
    expected = -scipy.special.log_softmax(logits, axis=1)[np.arange(6), LABELS]
    probabilities = scipy.special.softmax(logits, axis=1)
    np.testing.assert_allclose(SCORES["loss"](probabilities, LABELS), expected, atol=1e-9)


@given(probabilities=distributions)
def test_every_other_score_is_its_formula_done_slowly(probabilities):
    for i, row in enumerate(probabilities):
        best, second, *_ = sorted(row, reverse=True)
        others = max(p for j, p in enumerate(row) if j != LABELS[i])
        onehot = np.eye(4)[LABELS[i]]
        expected = {
            "least_confidence": 1 - best,
            "margin": 1 - (best - second),
            "normalized_margin": others - row[LABELS[i]],
            "el2n": np.linalg.norm(row - onehot),
        }
        for name, value in expected.items():
            assert SCORES[name](probabilities, LABELS)[i] == pytest.approx(value, abs=1e-12)


def test_neighbours_in_single_precision_are_told_apart():
    just_below_one = np.nextafter(np.float32(1), np.float32(0))
    rows = np.array([[1, 0], [just_below_one, 1 - just_below_one]], np.float32)
    for name in ("least_confidence", "loss", "margin"):
        certain, nearly = SCORES[name](rows, np.array([0, 0]))
        assert nearly > certain


def test_the_loss_of_something_held_impossible_is_finite_and_is_that_of_the_design():
    assert SCORES["loss"](np.array([[1.0, 0.0]]), np.array([1]))[0] == -np.log(1.1754944e-38)
