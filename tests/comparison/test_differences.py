import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest, bootstrap

from hardex.comparison.differences import (
    class_differences,
    differences,
    paired_interval,
    shared,
)
from hardex.predict.slices import holm

three_models = arrays(bool, (3, 9))


def rng():
    return np.random.default_rng(0)


@given(three_models)
def test_p_is_that_of_an_exact_binomial_test(right):
    for one in differences(["a", "b", "c"], right, rng()):
        changed = one.repaired + one.broken
        expected = binomtest(one.repaired, changed).pvalue if changed else 1.0
        assert np.isclose(one.p_mcnemar, expected)


@given(three_models)
def test_the_correction_is_over_all_pairs(right):
    found = differences(["a", "b", "c"], right, rng())
    assert [(one.a, one.b) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    np.testing.assert_allclose(
        [one.p_holm for one in found], holm(np.array([one.p_mcnemar for one in found]))
    )


@given(arrays(bool, (2, 9)))
def test_swapping_two_models_swaps_repaired_and_broken(right):
    (there,) = differences(["a", "b"], right, rng())
    (back,) = differences(["b", "a"], right[::-1], rng())
    assert (there.repaired, there.broken) == (back.broken, back.repaired)
    assert there.difference == -back.difference
    assert there.low <= there.difference <= there.high


@given(arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 20))))
def test_shared_counts_agree_with_a_product(flags):
    np.testing.assert_array_equal(shared(flags), flags.astype(int) @ flags.T.astype(int))


def test_one_draw_of_three_numbers_stands_for_a_resample_of_all_examples():
    before, after = np.arange(400) % 5 > 0, np.arange(400) % 13 > 0
    repaired, broken = (after & ~before).sum(), (before & ~after).sum()
    ((low, high),) = paired_interval(
        np.array([repaired]), np.array([broken]), np.array([400]), rng()
    )
    whole = bootstrap(
        (after.astype(float) - before,), np.mean, method="percentile", rng=rng()
    ).confidence_interval
    assert abs(low - whole.low) < 0.006 and abs(high - whole.high) < 0.006


def test_a_class_is_counted_by_its_own_examples():
    given = np.array([0, 0, 0, 2])
    before, after = np.array([0, 0, 0, 1]) > 0, np.array([1, 1, 1, 0]) > 0
    cat, owl = class_differences(("cat", "dog", "owl"), given, before, after, rng())
    assert (cat.class_name, cat.examples, cat.difference, cat.p_mcnemar) == ("cat", 3, 1.0, 0.25)
    assert (owl.class_name, owl.repaired, owl.broken) == ("owl", 0, 1)
    assert (cat.p_holm, owl.p_holm) == (0.5, 1.0)  # two classes have examples


def test_of_many_classes_those_with_the_smallest_p_are_kept():
    given = np.arange(600) % 60
    before, after = np.zeros(600, bool), given == 59
    found = class_differences([str(n) for n in range(60)], given, before, after, rng())
    assert len(found) == 50 and found[-1].class_name == "59"
    assert np.isclose(found[-1].p_holm, 60 * 2 / 2**10)
