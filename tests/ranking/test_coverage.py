import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.ranking.coverage import clusters, covered
from hardex.ranking.diverse import Features


def test_by_hand():
    """Of the pairs {0,1} {0,2} {1,2} of kinds 7, 7, 8, two show both kinds and one shows one."""
    found = covered(np.array([7, 7, 8]), np.array([True, True, False]))
    assert (found.covered, found.total, found.random) == (1, 2, round(5 / 3, 3))


@given(
    kinds=st.lists(st.integers(0, 3), min_size=1, max_size=12).map(np.array),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_the_random_pick_is_the_mean_over_draws(kinds, seed, data):
    count = data.draw(st.integers(0, len(kinds)))
    rng = np.random.default_rng(seed)
    drawn = [len(set(rng.permutation(kinds)[:count].tolist())) for _ in range(600)]
    found = covered(kinds, np.arange(len(kinds)) < count)
    assert found.random == pytest.approx(np.mean(drawn), abs=0.3)


def test_all_and_nothing():
    kinds = np.array([1, 1, 2, 3])
    assert covered(kinds, np.ones(4, bool)).random == 3
    assert covered(kinds, np.zeros(4, bool)).random == 0
    assert covered(np.zeros(0, int), np.zeros(0, bool)).total == 0


def test_heaps_that_lie_apart_are_found_whatever_their_order():
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 4, 200)
    points = rng.normal(scale=0.1, size=(200, 2)) + 10 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[
        kinds
    ]  # fmt: skip
    found = clusters(Features.of(points), np.random.default_rng(1), count=4)
    assert len({(kind, cluster) for kind, cluster in zip(kinds, found, strict=True)}) == 4


@given(count=st.integers(0, 9), same=st.booleans())
def test_few_or_equal_points_make_few_clusters(count, same):
    points = np.zeros((count, 2)) if same else np.arange(2.0 * count).reshape(count, 2)
    found = clusters(Features.of(points), np.random.default_rng(0))
    assert len(set(found.tolist())) == (min(count, 1) if same else count)
