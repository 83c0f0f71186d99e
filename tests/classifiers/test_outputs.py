import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import special

from hardex.classifiers.outputs import distributions, shares, softmax

finite = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, min_side=1), elements=st.floats(-1e4, 1e4)
)


@given(logits=finite)
def test_the_softmax_is_that_of_scipy_however_large_the_logits(logits):
    np.testing.assert_allclose(softmax(logits), special.softmax(logits, axis=1), atol=1e-12)


@given(logits=finite)
def test_one_logit_gives_the_sigmoid_and_its_complement(logits):
    second = special.expit(logits[:, :1])
    rows = distributions(logits[:, :1], logits=True)
    np.testing.assert_allclose(rows, np.concatenate([1 - second, second], axis=1), atol=1e-12)


@given(rows=finite)
def test_without_logits_several_outputs_are_left_as_they_are(rows):
    if rows.shape[1] > 1:
        assert distributions(rows, logits=False) is rows


@given(
    each=arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(2, 6)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_shares_are_distributions_with_the_same_most_probable_class(each):
    rows = shares(each)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    assert (rows >= 0).all() and rows.dtype == np.float32
    best = each.argmax(axis=1)
    at = np.arange(len(each))
    assert (rows[at, best] == rows.max(axis=1)).all()


def test_sigmoids_that_are_not_numbers_stay_so():
    assert np.isnan(shares(np.array([[np.nan, 0.5]]))).any()
