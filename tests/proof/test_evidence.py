import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from hardex.proof.evidence import (
    detectable,
    evidence,
    examples_needed,
    fewest_flips,
    level_of_use,
)

COUNTS = st.integers(0, 40)
LEVELS = st.sampled_from([0.05, 0.025, 0.05 / 6, 0.05 / 12, 0.3])


def rights(repaired, broken, same):
    """(before, after) with so many examples of each kind."""
    before = np.repeat([False, True, True], [repaired, broken, same])
    return before, np.repeat([True, False, True], [repaired, broken, same])


def seen(repaired, broken, same, level=0.05):
    return evidence(*rights(repaired, broken, same), level, np.random.default_rng(0))


def test_figures_worked_by_hand():
    found = seen(15, 5, 180)
    assert (found.examples, found.difference, found.repaired, found.broken) == (200, 0.05, 15, 5)
    assert found.p_mcnemar == pytest.approx(binomtest(15, 20).pvalue)
    # (1.960 + 0.842) sqrt(0.1 / 200) and (1.960 + 0.842)^2 0.1 / 0.05^2
    assert found.detectable == pytest.approx(0.0626, abs=1e-4)
    assert found.needed == 314


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((15, 5, 180), "better"),
        ((5, 15, 180), "worse"),
        ((10, 10, 180), "no_measurable_difference"),
        ((0, 0, 50), "no_measurable_difference"),
        ((5, 0, 5), "no_measurable_difference"),  # the interval is above 0; the test cannot be sure
        ((6, 0, 5), "better"),
    ],
)
def test_a_verdict_needs_the_interval_and_the_test(counts, verdict):
    assert seen(*counts).verdict == verdict


def test_a_stricter_level_asks_for_more():
    loose, strict = seen(15, 5, 180), seen(15, 5, 180, level_of_use(3))
    assert (loose.verdict, strict.verdict) == ("better", "no_measurable_difference")
    assert strict.low < loose.low and strict.detectable > loose.detectable
    assert strict.needed > loose.needed


@settings(max_examples=15)
@given(
    repaired=st.integers(0, 40), broken=st.integers(0, 40), same=st.integers(1, 60), level=LEVELS
)
def test_before_and_after_exchanged_exchange_the_verdicts(repaired, broken, same, level):
    one, other = seen(repaired, broken, same, level), seen(broken, repaired, same, level)
    assert one.difference == -other.difference
    assert one.p_mcnemar == pytest.approx(other.p_mcnemar)
    assert (one.detectable, one.needed) == (other.detectable, other.needed)
    if one.verdict == "better" and other.verdict != "worse":
        assert min(abs(one.low), abs(other.high)) < 0.03  # the bootstrap is random at its ends
    assert not (one.verdict == other.verdict != "no_measurable_difference")


@given(uses=st.integers(1, 3_000), level=st.floats(0.001, 0.4))
def test_all_uses_of_a_seal_together_err_no_more_than_the_level(uses, level):
    assert sum(level_of_use(k, level) for k in range(1, uses + 1)) <= level * (1 + 1e-9)


@given(level=st.floats(1e-6, 0.49))
def test_the_fewest_flips_are_the_fewest(level):
    count = fewest_flips(level)
    assert binomtest(count, count).pvalue < level <= binomtest(count - 1, count - 1).pvalue


@given(
    share=st.floats(1e-4, 0.5),
    part=st.floats(0.05, 1),
    level=LEVELS,
    examples=st.integers(1, 10**6),
)
def test_as_many_examples_as_are_needed_show_the_difference(share, part, level, examples):
    needed = examples_needed(share * part, share, level)
    assert detectable(share, needed, level) <= share * part * (1 + 1e-9)
    assert detectable(share, examples, level) >= min(1, fewest_flips(level) / examples)


def test_four_in_five_differences_of_the_detectable_size_are_found():
    """The promise itself, by simulation: 3 % of answers differ, 1,500 examples."""
    n, share, rng = 1_500, 0.03, np.random.default_rng(0)
    gain = detectable(share, n, 0.05)
    better = (share + gain) / 2
    kinds = rng.multinomial(n, [better, share - better, 1 - share], size=150)
    found = sum(seen(*map(int, one)).verdict == "better" for one in kinds)
    assert 0.68 < found / 150 < 0.91


def test_equal_models_are_called_better_seldom():
    rng = np.random.default_rng(1)
    kinds = rng.multinomial(2_000, [0.01, 0.01, 0.98], size=150)
    found = sum(seen(*map(int, one)).verdict == "better" for one in kinds)
    assert found / 150 <= 0.05
