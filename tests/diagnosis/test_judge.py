"""The forest: what it may say, and that it says the same twice."""

import numpy as np
import pytest

from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.judge import LEAST_OF_DATA, LEAST_VOTES, MOST_VOTES, Verdicts, train


def plants_of(count=120, seed=0, apart=4.0):
    """Two features; `a` and `b` lie apart, and unexplained ones between them."""
    rng = np.random.default_rng(seed)
    causes = np.array(["a", "b", UNEXPLAINED])[np.arange(count) % 3]
    middle = np.select([causes == "a", causes == "b"], [-apart, apart], 0)
    return {"x": middle + rng.normal(size=count), "y": rng.normal(size=count)}, causes


@pytest.fixture(scope="module")
def judge():
    return train(*plants_of(), seed=0)


def test_probabilities_sum_to_one_and_rank_as_the_votes(judge):
    verdicts = judge.verdicts(plants_of(seed=1)[0])
    np.testing.assert_allclose(verdicts.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(verdicts.votes.sum(axis=1), 1)
    np.testing.assert_array_equal(
        verdicts.probabilities.argmax(axis=1), verdicts.votes.argmax(axis=1)
    )
    np.testing.assert_allclose(judge.out_of_bag().probabilities.sum(axis=1), 1)
    assert len(judge.nothing()) == 0 and judge.nothing().named().tolist() == []


def test_what_was_planted_is_found(judge):
    columns, causes = plants_of(seed=1)
    named = judge.verdicts(columns).named()
    clear = causes != UNEXPLAINED
    assert (named[clear] == causes[clear]).mean() > 0.8
    assert (named[~clear] != UNEXPLAINED).mean() < 0.15


def test_the_same_seed_gives_the_same_bits(judge):
    again = train(*plants_of(), seed=0)
    columns = plants_of(seed=1)[0]
    assert again.verdicts(columns).votes.tobytes() == judge.verdicts(columns).votes.tobytes()
    assert again.sharpness == judge.sharpness
    np.testing.assert_array_equal(again.thresholds, judge.thresholds)
    assert judge.forest.n_jobs == 1  # threads would add up the votes in any order


def test_columns_are_known_by_name_not_by_place(judge):
    columns = plants_of(seed=1)[0]
    turned = dict(reversed(columns.items()))
    np.testing.assert_array_equal(judge.verdicts(columns).votes, judge.verdicts(turned).votes)


def test_where_nothing_can_be_told_apart_the_thresholds_rise(judge):
    assert judge.thresholds[:2].max() < MOST_VOTES
    assert train(*plants_of(apart=0.0), seed=0).thresholds.min() > LEAST_VOTES


def test_fewer_votes_are_enough_for_a_wrong_label_than_for_what_changes_pixels():
    columns, causes = plants_of(apart=9.0)
    named = np.where(causes == "a", "mislabelled", causes)
    found = train(columns, named, seed=0)
    least = dict(zip(found.causes, found.thresholds, strict=True))
    assert (least["b"], least["mislabelled"]) == (LEAST_VOTES, LEAST_OF_DATA)


def test_a_single_cause_and_a_single_plant_are_no_crash():
    with np.errstate(all="ignore"):
        found = train({"x": np.arange(3.0)}, np.array(["a"] * 3), seed=0)
    np.testing.assert_array_equal(found.verdicts({"x": np.zeros(2)}).probabilities, 1)


def test_only_causes_that_may_be_given_are_named_and_only_with_enough_votes():
    votes = np.array([[0.7, 0.3, 0.0], [0.5, 0.5, 0.0], [0.0, 0.7, 0.3], [0.1, 0.9, 0.0]])
    verdicts = Verdicts(("a", "b", UNEXPLAINED), votes, votes, np.array([0.6, 0.8, 0.6]))
    assert verdicts.likeliest.tolist() == ["a", "a", "b", "b"]
    assert verdicts.sure.tolist() == [True, False, False, True]
    assert verdicts.named().tolist() == ["a", UNEXPLAINED, UNEXPLAINED, "b"]
    assert verdicts.named(["b"]).tolist() == [UNEXPLAINED] * 3 + ["b"]
    assert verdicts.named([]).tolist() == [UNEXPLAINED] * 4
