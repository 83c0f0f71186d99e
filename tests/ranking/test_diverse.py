from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardex.ranking.diverse import Features, farthest_first, gradients, standardised, variety


def never(row):
    return False


@st.composite
def outer_products(draw):
    """Two factors of up to 12 examples, some of them equal."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 12))
    picks = rng.integers(0, count, count)
    return rng.normal(size=(count, 3))[picks], rng.normal(size=(count, 4))[picks]


@given(factors=outer_products())
def test_distances_are_those_of_the_outer_products_written_out(factors):
    left, right = factors
    written_out = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    features = Features((factors,)) + Features.of(left)
    for row in range(len(left)):
        expected = ((written_out - written_out[row]) ** 2).sum(1) + ((left - left[row]) ** 2).sum(1)
        np.testing.assert_allclose(features.squared_distances(row), expected, atol=1e-9)


@given(factors=outer_products())
def test_scaled_features_have_a_mean_squared_distance_of_two_times_the_weight(factors):
    features = Features((factors,)).scaled(0.5)
    mean = np.mean([features.squared_distances(row) for row in range(len(features))])
    spread = np.ptp(factors[0], axis=0).max() + np.ptp(factors[1], axis=0).max()
    assert np.isclose(mean, 1.0) or spread < 1e-6


@given(factors=outer_products())
def test_a_sketch_of_few_columns_is_exact(factors):
    features = Features((factors,))
    points = Features.of(features.sketch(np.random.default_rng(0)))
    for row in range(len(points)):
        np.testing.assert_allclose(
            points.squared_distances(row), features.squared_distances(row), atol=1e-9
        )


def test_a_sketch_of_many_columns_keeps_distances_about():
    rng = np.random.default_rng(0)
    features = Features(((rng.normal(size=(60, 10)), rng.normal(size=(60, 300))),))
    points = Features.of(features.sketch(np.random.default_rng(1), 512))
    ratios = points.squared_distances(0)[1:] / features.squared_distances(0)[1:]
    assert 0.7 < ratios.min() and ratios.max() < 1.4


def naive_farthest(points, count):
    """All distances anew in each round."""
    chosen = [0]
    while len(chosen) < count:
        left = [i for i in range(len(points)) if i not in chosen]
        near = {i: min(((points[i] - points[j]) ** 2).sum() for j in chosen) for i in left}
        chosen.append(max(left, key=lambda i: (round(near[i], 12), -i)))
    return chosen


grids = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12).map(
    lambda rows: np.array(rows, float)
)


@given(points=grids)
def test_each_row_is_the_farthest_from_all_before_ties_to_the_harder(points):
    found = [row for row, _ in farthest_first(Features.of(points), never)]
    assert found == naive_farthest(points, len(points))


@given(points=grids)
def test_gains_never_rise_and_the_hardest_comes_first(points):
    rows, gains = zip(*farthest_first(Features.of(points), never), strict=True)
    assert rows[0] == 0 and gains[0] == np.inf
    assert (np.diff(gains[1:]) <= 1e-9).all()
    assert sorted(rows) == list(range(len(points)))


def test_by_hand_on_a_line():
    on_a_line = Features.of(np.array([[0.0], [0.1], [10.0], [5.0]]))
    assert list(farthest_first(on_a_line, never)) == [(0, np.inf), (2, 10), (3, 5), (1, 0.1)] or (
        np.allclose([gain for _, gain in farthest_first(on_a_line, never)][1:], [10, 5, 0.1])
    )


@given(points=grids, refused=st.sets(st.integers(0, 11)), count=st.integers(1, 5))
def test_what_is_refused_is_as_if_it_were_not_there(points, refused, count):
    kept = [i for i in range(len(points)) if i not in refused]
    found = farthest_first(Features.of(points), lambda row: row in refused)
    rows = [row for row, _ in islice(found, count)]
    expected = naive_farthest(points[kept], min(count, len(kept))) if kept else []
    assert rows == [kept[i] for i in expected]


def test_gradients_by_hand():
    """Of class 0: p - onehot = (-0.5, 0.5) and (-1, 1); the embedding (3, 4) has length 5."""
    p, classes = np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 0])
    features = gradients(p, classes, np.array([[3.0, 4.0], [3.0, 4.0]]))
    (pull, embedded), *_ = features.parts
    np.testing.assert_allclose(pull, [[-0.5, 0.5], [-1, 1]])
    np.testing.assert_allclose(embedded, [[0.6, 0.8, 1], [0.6, 0.8, 1]])


@given(seed=st.integers(0, 99))
def test_standardised_columns_have_mean_0_and_spread_1_and_none_outweighs_the_others(seed):
    columns = np.random.default_rng(seed).normal(5, [0.01, 1, 100], (50, 3))
    columns = np.c_[columns, np.full(50, 7.0)]
    away = standardised(columns)
    assert (np.abs(away) <= 4).all() and (away[:, 3] == 0).all()
    np.testing.assert_allclose(away[:, :3].mean(axis=0), 0, atol=0.1)


def test_variety_tells_pictures_apart_that_the_model_takes_for_the_same():
    p, classes = np.full((3, 2), 0.5), np.zeros(3, int)
    looks = np.array([[0.0], [0.0], [1.0]])
    features = variety(p, classes, np.ones((3, 2)), looks)
    assert features.squared_distances(0)[1] < 1e-9 < 1 < features.squared_distances(0)[2]
