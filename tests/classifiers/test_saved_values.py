import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex.classifiers import saved_values
from hardex.classifiers.saved import as_probabilities
from hardex.classifiers.saved_values import Adjusted, put_right
from hardex.errors import ClassifierError

P = np.random.default_rng(0).dirichlet(np.full(8, 0.3), 50)
LOGITS = np.random.default_rng(0).normal(size=(50, 8)) * 3


def softmax(rows):
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def right(rows):
    return as_probabilities(rows, "p.npy")


distributions = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.floats(0.01, 1)
).map(lambda a: a / a.sum(axis=1, keepdims=True))


@given(rows=distributions, dtype=st.sampled_from([np.float32, np.float64]))
def test_distributions_stay_as_they_are_bit_for_bit(rows, dtype):
    kept, said = right(rows.astype(dtype))
    np.testing.assert_array_equal(kept, rows.astype(dtype), strict=True)
    assert said == ()


@given(rows=distributions)
def test_percentages_are_the_same_probabilities(rows):
    kept, said = right(rows * 100)
    np.testing.assert_allclose(kept, rows, rtol=1e-12)
    assert said == ("p.npy holds percentages: divided by 100.",)


@pytest.mark.parametrize(
    ("rows", "wanted", "said"),
    [
        (
            P.round(2),
            P.round(2) / P.round(2).sum(axis=1, keepdims=True),
            "the rows of p.npy are rounded: each was divided by its sum, which is off by up to 2.0",
        ),
        (
            (P * 100).round(0),
            (P * 100).round(0) / (P * 100).round(0).sum(axis=1, keepdims=True),
            "p.npy holds percentages: divided by 100.",
        ),
        (
            np.where(P < 1e-3, -1e-9, P),
            np.where(P < 1e-3, 0, P),
            "p.npy holds 53 numbers just below 0 (down to -1e-09): set to 0.",
        ),
        (
            np.eye(3),
            np.eye(3),
            "p.npy holds hard predictions, a single 1 in each row: there is no confidence to ra",
        ),
        (
            np.eye(3, dtype=np.int64)[[2, 0]],
            np.eye(3)[[2, 0]],
            "p.npy holds hard predictions, a single 1 in each row: there is no confidence to ra",
        ),
        (np.array([[0.99, 0.02], [0.5, 0.5]]), np.array([[0.99 / 1.01, 0.02 / 1.01], [0.5, 0.5]]),
         "the rows of p.npy are rounded: each was divided by its sum, which is off by up to 1.0"),
    ],
    ids=["decimals", "whole percent", "below 0", "one-hot", "one-hot numbers", "half a percent"],
)  # fmt: skip
def test_what_is_safe_is_put_right_and_said(rows, wanted, said):
    kept, told = right(rows)
    np.testing.assert_allclose(kept, wanted, rtol=1e-12)
    assert told[0].startswith(said)


def without_column(rows):
    return np.delete(rows, 8, axis=1)


def over_sums(rows):
    return rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("rows", "message", "follow"),
    [
        (
            LOGITS,
            r"row 0 of p\.npy sums to .*, and 50 of 50 rows are off; these look like logits: put a "
            r"softmax behind the model, or save scipy\.special\.softmax",
            softmax,
        ),
        (np.log(P + 1e-12), r"all numbers are the logarithms of .*; save numpy\.exp of", np.exp),
        (
            np.c_[np.arange(50.0), P],
            r"the first column of p\.npy counts the rows from 0 to 49; save the probabilities with",
            lambda rows: rows[:, 1:],
        ),
        (
            np.c_[P, P.max(axis=1)],
            r"a column that is no class, column 8 .*; save the other 8 columns",
            without_column,
        ),
        (P * 2, r"all rows of p\.npy sum to 2; divide each row by its sum", over_sums),
        (
            np.random.default_rng(1).random((50, 4)),
            r"each number lies between 0 and 1; these look like one sigmoid per class: if each i",
            over_sums,
        ),
        (
            np.random.default_rng(1).integers(1, 90, (50, 4)),
            r"no row is negative; if these are votes or counts, divide each row by its sum",
            over_sums,
        ),
        (
            np.r_[P, P[:1] * 100],
            r"row 50 of p\.npy sums to 100, and 1 of 51 rows are off, and no row is negative; .* d",
            over_sums,
        ),
        (P[:, :5], r"a class may be missing, or the numbers are rounded too much", lambda rows: P),
        (
            np.array([[1.2, -0.2], [0.5, 0.5]]),
            r"row 0 of p\.npy holds -0\.2, and 1 numbers are negative although all rows sum to 1",
            lambda rows: softmax(rows),
        ),
        (
            np.array([[0.3, -0.2], [0.5, 0.5]]),
            r"row 0 of p\.npy sums to 0\.1.*, and row 0 holds -0\.2; save the probabilities of a s",
            softmax,
        ),
    ],
    ids=[
        *("logits", "logarithms", "index", "further column", "twice", "sigmoids", "counts"),
        *("one percent row", "missing class", "negative in sums of 1", "negative"),
    ],
)
def test_each_cause_has_its_sentence_and_its_advice_works(rows, message, follow):
    with pytest.raises(ClassifierError, match=message) as caught:
        right(rows)
    assert str(caught.value).count(". ") == 0 and str(caught.value).endswith(".")
    assert ("look like logits" in str(caught.value)) == (rows is LOGITS)
    right(follow(rows))


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named_by_place_and_counted(strange, monkeypatch):
    monkeypatch.setattr(saved_values, "_BLOCK_BYTES", 8 * 8 * 10)
    rows = P.copy()
    rows[[17, 17, 41], [3, 5, 0]] = strange
    with pytest.raises(
        ClassifierError,
        match=r"row 17 holds NaN or infinity in p\.npy \(column 3, .*\), and 2 of 50 rows are off",
    ):
        right(rows)


def test_predicted_classes_are_no_probabilities():
    with pytest.raises(
        ClassifierError, match=r"shape \(3,\) of whole numbers, which look like pred"
    ):
        right([0, 2, 1])


@given(size=st.integers(1, 4000), scale=st.sampled_from([1, 100]))
def test_how_rows_are_read_in_blocks_plays_no_part(size, scale):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saved_values, "_BLOCK_BYTES", size)
        parts = put_right(np.where(P < 1e-3, -1e-9, P).round(9) * scale, "p.npy")
    whole = put_right(np.where(P < 1e-3, -1e-9, P).round(9) * scale, "p.npy")
    assert parts[1] == whole[1]
    np.testing.assert_array_equal(parts[0][:], whole[0][:])


@given(start=st.integers(0, 50), stop=st.integers(0, 50))
def test_a_slice_that_is_put_right_is_the_slice_of_all(start, stop):
    rows = Adjusted(P * 100, 0.01, True, True, (7, 0, 1))
    np.testing.assert_array_equal(rows[start:stop], rows[0:50][start:stop])
    assert rows.shape == (50, 3) and len(rows) == 50
    np.testing.assert_array_equal(np.concatenate([part for _, part in rows.blocks()]), rows[0:50])
