import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import special

from hardex.classifiers.outputs import distributions, softmax

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
