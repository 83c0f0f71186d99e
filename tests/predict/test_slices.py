import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from hardex.predict.metrics import share
from hardex.predict.predictions import Predictions
from hardex.predict.slices import (
    ALPHA,
    AT_LEAST,
    MOST_VALUES,
    Slices,
    columns_of,
    fisher_greater,
    holm,
    slice_metrics,
    worst_slices,
)


def texts(values):
    return np.array([str(value) for value in values], object)


def outcomes(wrong, positions=None):
    """Predictions of class 0 whose given label is 1 where they are to be wrong."""
    wrong = np.asarray(wrong, int)
    where = np.arange(len(wrong)) if positions is None else np.asarray(positions)
    return Predictions(where, tuple(map(str, where)), wrong, np.tile([0.75, 0.25], (len(wrong), 1)))


def sliced(meta, wrong):
    columns, left_out = columns_of({name: texts(values) for name, values in meta.items()})
    return Slices.empty(columns).update(outcomes(wrong)), left_out


def found_in(slices):
    return [dict(found.values) for found in worst_slices(slices)[0]]


def test_each_value_counts_its_examples_and_errors():
    slices, _ = sliced(
        {"light": ["day", "night", "day", "night"], "cam": [1, 1, 2, 1]}, [0, 1, 0, 0]
    )
    assert [counts.tolist() for counts in slices.singles] == [[[2, 0], [2, 1]], [[3, 1], [1, 0]]]
    assert [counts.tolist() for counts in slices.pairs] == [[[[1, 0], [1, 0]], [[2, 1], [0, 0]]]]


@given(
    cells=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans()), min_size=1
    ),
    data=st.data(),
)
def test_the_cut_into_batches_and_the_order_of_merging_never_change_the_counts(cells, data):
    a, b, wrong = map(np.array, zip(*cells, strict=True))
    columns, _ = columns_of({"a": texts(a), "b": texts(b)})
    whole = Slices.empty(columns).update(outcomes(wrong))
    part_of = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(a), max_size=len(a))))
    parts = [
        Slices.empty(columns).update(outcomes(wrong[rows], rows))
        for rows in (np.flatnonzero(part_of == part) for part in range(4))
        if len(rows)
    ]
    merged = Slices.empty(columns)
    for part in data.draw(st.permutations(parts)):
        merged = part.merge(merged)
    for one, other in zip(merged.singles + merged.pairs, whole.singles + whole.pairs, strict=True):
        np.testing.assert_array_equal(one, other)


@given(
    part=st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(any),
    rest=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_the_p_value_is_that_of_fishers_exact_test(part, rest):
    expected = fisher_exact([part, rest], alternative="greater").pvalue
    whole = np.array([sum(part) + sum(rest), part[0] + rest[0]])
    p = fisher_greater(np.array([[sum(part), part[0]]]), whole)
    np.testing.assert_allclose(p, expected, rtol=1e-9)


@given(p=st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_the_step_down_of_bonferroni(p):
    """Reject the smallest while it is at most alpha / (how many are left): for every alpha."""
    adjusted = holm(np.array(p))
    for alpha in (0.01, 0.05, 0.5):
        rejected = []
        for left, place in zip(range(len(p), 0, -1), np.argsort(p, kind="stable"), strict=True):
            if not p[place] * left <= alpha:
                break
            rejected.append(place)
        assert sorted(np.flatnonzero(adjusted <= alpha)) == sorted(rejected)


def planted(seed, *, where, size=2000, error=0.05, planted=0.4):
    """Four columns; errors are rare but for one slice."""
    rng = np.random.default_rng(seed)
    meta = {
        "light": rng.choice(["day", "dusk", "night"], size),
        "camera": rng.choice(list("ABCD"), size),
        "hour": rng.uniform(0, 24, size).round(3),
        "patient": np.arange(size) % 700,  # numbers, so they are binned
    }
    inside = np.logical_and.reduce([meta[name] == value for name, value in where.items()])
    return meta, rng.random(size) < np.where(inside & bool(where), planted, error)


@pytest.mark.parametrize("seed", range(10))
def test_a_model_that_fails_at_night_is_found_out(seed):
    slices, _ = sliced(*planted(seed, where={"light": "night"}))
    assert found_in(slices)[0] == {"light": "night"}


@pytest.mark.parametrize("seed", range(10))
def test_night_does_not_bring_its_pairs_along(seed):
    slices, _ = sliced(*planted(seed, where={"light": "night"}))
    assert found_in(slices) == [{"light": "night"}]


@pytest.mark.parametrize("seed", range(10))
def test_a_fault_that_needs_two_values_is_named_by_both(seed):
    slices, _ = sliced(*planted(seed, where={"light": "night", "camera": "B"}, planted=0.6))
    assert found_in(slices)[0] == {"light": "night", "camera": "B"}


def test_where_nothing_is_worse_nothing_is_called_worse():
    """300 runs without a fault: more than 25 false alarms at 5 % would happen once in 200 times."""
    alarms = sum(
        bool(found_in(sliced(*planted(seed, where={}, size=400, error=0.2))[0]))
        for seed in range(300)
    )
    assert alarms <= 25


def test_a_slice_of_few_examples_is_not_tested():
    few = ["rare"] * (AT_LEAST - 1) + ["usual"] * 500
    slices, _ = sliced({"kind": few}, [1] * (AT_LEAST - 1) + [0] * 500)
    assert worst_slices(slices) == ((), 1)  # `usual` alone was looked at
    slices, _ = sliced({"kind": ["rare", *few]}, [1] * AT_LEAST + [0] * 500)
    assert found_in(slices) == [{"kind": "rare"}]


def test_a_column_that_repeats_another_is_not_tested_again_in_pairs():
    light = ["day", "night"] * 50
    slices, _ = sliced({"light": light, "lamp": light}, [0, 1] * 50)
    found, looked_at = worst_slices(slices)
    assert looked_at == 4
    assert [dict(slice.values) for slice in found] == [{"lamp": "night"}, {"light": "night"}]


def test_numbers_with_many_values_are_cut_at_their_quartiles():
    numbers = np.arange(1, 101)
    (column,), _ = columns_of({"age": texts(np.random.default_rng(0).permutation(numbers))})
    assert column.values == ("up to 25", "over 25 to 50", "over 50 to 75", "over 75")
    assert np.bincount(column.codes).tolist() == [25, 25, 25, 25]


def test_a_gap_among_numbers_is_a_value_of_its_own():
    (column,), _ = columns_of({"age": texts([*range(100), "", "nan"])})
    assert column.values[-1] == "(empty)"
    assert np.flatnonzero(column.codes == len(column.values) - 1).tolist() == [100, 101]


def test_numbers_with_few_values_are_values_in_order_of_number():
    (column,), _ = columns_of({"shift": texts(["10", "-1.5", "", "2", "10"])})
    assert column.values == ("-1.5", "2", "10", "(empty)")
    assert column.codes.tolist() == [2, 0, 3, 1, 2]


@given(
    values=st.lists(st.sampled_from(["1", "2.5", "-3", "1e3", "", "nan", "inf", "x"]), min_size=2)
)
def test_every_example_has_one_value_of_each_column(values):
    for column_of_texts in (values, [*values, *map(str, range(MOST_VALUES + 1))]):
        columns, left_out = columns_of({"c": texts(column_of_texts)})
        assert len(columns) + len(left_out) == 1
        for column in columns:
            assert len(column.codes) == len(column_of_texts)
            assert set(column.codes.tolist()) <= set(range(len(column.values)))
            assert len(set(column.values)) == len(column.values)


def test_a_column_without_slices_is_named_with_its_reason():
    many = [f"patient {i}" for i in range(MOST_VALUES + 1)]
    slices, left_out = sliced({"name": many, "site": ["x"] * len(many)}, [0] * len(many))
    assert slice_metrics(slices, left_out)["left_out"] == [
        {"column": "name", "reason": "it has 51 values that are not numbers"},
        {"column": "site", "reason": "it has only one value"},
    ]


def test_what_is_stored_says_every_rate_with_its_interval_and_how_it_was_tested():
    stored = slice_metrics(*sliced({"light": ["day"] * 80 + ["night"] * 20}, [0] * 80 + [1] * 20))
    assert stored["columns"][0]["values"][1] == {
        "value": "night",
        "examples": 20,
        "wrong": 20,
        "error": share(20, 20),
    }
    (worst,) = stored["worst"]
    assert worst["slice"] == {"light": "night"} and worst["p_adjusted"] <= ALPHA
    assert (stored["looked_at"], stored["at_least"], stored["correction"]) == (2, 10, "Holm")


def test_values_that_no_prediction_has_are_not_listed():
    columns, _ = columns_of({"light": texts(["day", "night"])})
    stored = slice_metrics(Slices.empty(columns).update(outcomes([0], [0])), ())
    assert [value["value"] for value in stored["columns"][0]["values"]] == ["day"]
