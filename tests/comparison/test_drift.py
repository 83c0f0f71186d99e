from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex.comparison.drift import drift
from hardex.comparison.wording import drift_sentence


def test_two_models_have_no_drift():
    assert drift(np.array([[0.9], [0.1]]), np.ones((2, 1), bool)) is None


@given(arrays(float, (3, 6), elements=st.floats(0, 1, width=32)))
def test_falling_means_smaller_with_every_model(p):
    found = drift(p, p > 0.5)
    naive = [n for n in range(6) if p[0, n] > p[1, n] > p[2, n]]
    assert sorted(found.falling.tolist()) == naive
    assert (np.diff(found.falls) <= 0).all()
    assert found.rising == sum(p[0, n] < p[1, n] < p[2, n] for n in range(6))


def test_chance_orders_raise_few_alarms():
    rng = np.random.default_rng(0)
    trials = [rng.random((4, 200)) for _ in range(300)]
    alarms = sum(drift(p, p > 0.5).is_overfitting for p in trials)
    assert alarms <= 20  # at most 5 %, and chance around it


@pytest.mark.parametrize("models", [3, 5])
def test_the_expectation_is_one_in_m_factorial(models):
    p = np.random.default_rng(0).random((models, 10_000))
    found = drift(p, p > 0.5)
    assert found.chance == 1 / factorial(models)
    assert abs(len(found.falling) - found.expected) < 5 * np.sqrt(found.expected)


def test_labels_that_fall_are_a_sign_of_overfitting():
    falling = np.linspace(0.9, 0.3, 4)[:, None] * np.ones(60)
    p = np.concatenate([falling, np.full((4, 200), 0.5)], axis=1)
    found = drift(p, p >= 0.5)
    assert found.is_overfitting and found.rising == 0
    assert drift_sentence(found).endswith("and rises for 0: a sign of overfitting.")


def test_models_that_are_only_surer_do_not_overfit():
    sharper = np.array([0.6, 0.7, 0.8])[:, None] * np.ones(300)
    p = np.concatenate([sharper, 1 - sharper[:, :100]], axis=1)
    found = drift(p, np.tile(np.arange(3)[:, None] < 2, (1, 400)))
    assert found.p < 1e-3 and found.is_worse and not found.is_overfitting
    assert "later models may only be surer" in drift_sentence(found)


def test_models_that_are_only_less_sure_do_not_overfit():
    softer = np.array([0.98, 0.9, 0.8])[:, None] * np.ones(300)
    found = drift(softer, softer > 0.5)
    assert found.p < 1e-3 and not found.is_overfitting
    assert "not less often right" in drift_sentence(found)
