"""Krippendorff's alpha and Cohen's kappa: values from the literature and slow oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from hardex.annotate.coefficients import _Kinds, _resampled, alpha_of, cohen_kappa

from .made_events import agree, slow_alpha

# ------------------------------------------------------------------ Krippendorff's alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A, B and C.
BINARY = {"Jon": "0100000010", "Han": "1110010000"}
NOMINAL = {"Ben": "aabbdcccedda", "Gerry": "babbbccceddd"}
WITH_GAPS = (
    *("11.1", "2232", "3333", "3333", "2222", "1234"),
    *("4444", "1121", "2222", ".555", "..11", "..3."),
)


def alpha(units):
    """Alpha of the answers for each example, one letter for each vote; None if undefined."""
    example = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    answer = np.array([ord(letter) for unit in units for letter in unit], dtype=np.int64)
    found = _Kinds.of(example, answer)
    value = float("nan") if found is None else found[0].alpha(found[1])
    return None if np.isnan(value) else value


def test_alpha_of_the_examples_in_the_literature():
    def units(table):
        return ["".join(unit) for unit in zip(*table.values(), strict=True)]

    assert alpha(units(BINARY)) == pytest.approx(0.095, abs=0.0005)
    assert alpha(units(NOMINAL)) == pytest.approx(0.692, abs=0.0005)
    with_gaps = [unit.replace(".", "") for unit in WITH_GAPS]
    assert alpha(with_gaps) == pytest.approx(0.743, abs=0.0005)


@given(st.lists(st.text("abc", max_size=5), max_size=8))
def test_alpha_is_what_comparing_every_pair_gives(units):
    expected = slow_alpha(units)
    found = alpha(units)
    assert found is expected is None or found == pytest.approx(expected, abs=1e-12)


def test_the_interval_of_alpha_holds_it_and_follows_from_the_seed():
    rng = np.random.default_rng(1)
    truth = rng.choice(list("abc"), 80)
    table = {
        who: "".join(np.where(rng.random(80) < 0.2, rng.choice(list("abc"), 80), truth))
        for who in ("anna", "ben", "cem")
    }
    one, again, other = (agree(table, seed=seed) for seed in (0, 0, 1))
    assert one.alpha_low < one.alpha < one.alpha_high < one.alpha_low + 0.4
    assert one == again and one.alpha_low != other.alpha_low and one.alpha == other.alpha


@pytest.mark.parametrize("classes", [3, 40])
def test_the_interval_of_alpha_is_that_of_drawing_examples_one_by_one(classes):
    # Of 3 classes all kinds of examples come often; of 40 some do, and many are rare.
    rng = np.random.default_rng(2)
    truth = rng.integers(classes, size=400)
    said = np.where(rng.random((2, 400)) < 0.2, rng.integers(classes, size=(2, 400)), truth)
    example, answer = np.tile(np.arange(400), 2), said.ravel()
    value, low, high, _ = alpha_of(example, answer, np.random.default_rng(3))
    units = [f"{chr(48 + one)}{chr(48 + other)}" for one, other in said.T]
    assert value == pytest.approx(slow_alpha(units))
    drawn = [alpha([units[i] for i in rng.integers(400, size=400)]) for _ in range(400)]
    expected = np.quantile(drawn, [0.025, 0.975])
    assert [low, high] == pytest.approx(expected, abs=0.15 * (expected[1] - expected[0]))


def test_however_often_examples_are_resampled_they_are_as_many():
    often = np.array([1, 20, 3, 8, 7])
    drawn = np.array(list(_resampled(often, np.random.default_rng(0))))
    assert (drawn >= 0).all() and (drawn.sum(axis=1) == 39).all()
    # The mean of 1,000 draws is within four standard errors of what is drawn from.
    error = np.sqrt(often * (1 - often / 39) / len(drawn))
    assert (abs(drawn.mean(axis=0) - often) < 4 * error).all()
    for alone in ([2], [20], [1, 1]):
        drawn = list(_resampled(np.array(alone), np.random.default_rng(0)))
        assert {int(one.sum()) for one in drawn} == {sum(alone)}


# ------------------------------------------------------------------ Cohen's kappa


def test_kappa_of_a_table_worked_by_hand():
    # Agreed 35 of 50; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5, so (0.7 - 0.5) / (1 - 0.5).
    value, _ = cohen_kappa(np.array([[20.0, 5], [10, 15]]))
    assert value == pytest.approx(0.4)


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3),
)
def test_kappa_and_its_error_are_those_of_slow_computations(cells):
    table = np.array(cells, dtype=float)
    if table.sum() == 0:
        return
    found = cohen_kappa(table)
    p = table / table.sum()
    by_chance = p.sum(axis=1) @ p.sum(axis=0)
    if found is None:
        assert by_chance == pytest.approx(1)
        return
    first, second = np.repeat(list(np.ndindex(3, 3)), table.astype(int).ravel(), axis=0).T
    assert found[0] == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    # The delta method with slopes found by trying: var(kappa) = var(slope of a random cell) / n.
    slopes = np.array([slope_at(p, cell) for cell in np.ndindex(3, 3)]).reshape(3, 3)
    variance = ((p * slopes**2).sum() - (p * slopes).sum() ** 2) / table.sum()
    assert found[1] == pytest.approx(np.sqrt(max(0, variance)), rel=1e-3, abs=1e-4)


def slope_at(p, cell, step=1e-6):
    """How kappa changes with one cell, the others as they are (not scaled to one)."""

    def kappa(q):
        agreed, by_chance = q.trace(), q.sum(axis=1) @ q.sum(axis=0)
        return (agreed - by_chance) / (1 - by_chance)

    more, less = p.copy(), p.copy()
    more[cell] += step
    less[cell] -= step
    return (kappa(more) - kappa(less)) / (2 * step)
