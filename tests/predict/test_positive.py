import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, recall_score, roc_curve

from hardex.errors import HardexError
from hardex.predict.positive import one_class, threshold_curve

flags = arrays(bool, 20)
chances = arrays(float, 20, elements=st.sampled_from(np.linspace(0, 1, 9)))


@given(flags, flags)
def test_counts_and_shares_agree_with_scikit_learn(given_class, predicted):
    found = one_class(given_class, predicted)
    assert found.found + found.missed + found.alarms + found.rest == 20
    assert np.isclose(found.f1 or 0, f1_score(given_class, predicted, zero_division=0))
    sensitivity = found.as_dict()["sensitivity"]["value"]
    assert np.isclose(sensitivity or 0, recall_score(given_class, predicted, zero_division=0))
    if found.f1 is not None:
        interval = found.as_dict()["f1"]
        assert 0 <= interval["low"] <= found.f1 + 1e-9
        assert found.f1 - 1e-9 <= interval["high"] <= 1


def test_without_positives_nothing_is_claimed():
    none = np.zeros(5, bool)
    found = one_class(none, none)
    assert found.f1 is None and found.as_dict()["sensitivity"]["value"] is None
    with pytest.raises(HardexError, match="needs positive examples"):
        threshold_curve(np.ones(5), none).at(0.9)


@given(chances, flags)
def test_the_curve_is_that_of_scikit_learn(p, is_positive):
    if not 0 < is_positive.sum() < 20:
        return
    found = threshold_curve(p, is_positive)
    false, true, thresholds = roc_curve(is_positive, p, drop_intermediate=False)
    np.testing.assert_allclose(found.thresholds, thresholds[1:])
    np.testing.assert_allclose(found.found / found.positives, true[1:])
    np.testing.assert_allclose(found.alarms / found.others, false[1:])


@given(chances, flags, st.floats(0.01, 1))
def test_the_threshold_is_the_highest_that_reaches_the_sensitivity(p, is_positive, wanted):
    if not is_positive.any():
        return
    chosen = threshold_curve(p, is_positive).at(wanted)["threshold"]
    reached = {t: (p[is_positive] >= t).mean() for t in np.unique(p)}
    assert chosen == max(t for t, share in reached.items() if share >= wanted - 1e-9)


@pytest.mark.parametrize("wanted", [0, -1, 1.1, float("nan")])
def test_a_sensitivity_is_a_share(wanted):
    curve = threshold_curve(np.array([0.5]), np.array([True]))
    with pytest.raises(HardexError, match="above 0 and at most 1"):
        curve.at(wanted)


def test_a_long_curve_is_thinned():
    p = np.linspace(0, 1, 5_000)
    points = threshold_curve(p, p > 0.5).as_dict()
    assert len(points["thresholds"]) == 201
    assert (points["thresholds"][0], points["thresholds"][-1]) == (1.0, 0.0)
    assert points["sensitivity"][-1] == 1.0 and points["specificity"][-1] == 0.0
