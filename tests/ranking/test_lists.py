from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.errors import ClassifierError, DatasetError
from hardex.ranking.adjusted import ClassConfidence, adjusted_by
from hardex.ranking.candidates import Candidates
from hardex.ranking.lists import (
    Shortlists,
    mistaken,
    rank_probabilities,
    torn_between,
)
from hardex.ranking.order import Rule
from hardex.ranking.scores import ADJUSTED, SCORES, UNSURE_SCORES, WRONG_SCORES

GROUPED = ("none", "class", "confusion")


@st.composite
def sets(draw):
    """Probabilities with exact zeros, ones and ties, in one of three precisions, and labels."""
    count, k = draw(st.integers(1, 40)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([1, 2, 4, 10**6]))
    rows = rng.integers(0, levels + 1, (count, k)).astype(float)
    rows[rows.sum(axis=1) == 0, 0] = 1
    rows /= rows.sum(axis=1, keepdims=True)
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    return rows.astype(dtype), rng.integers(0, k, count)


def naive(p, y, rule, name):
    """Sort everything by score and position; then let the groups take turns."""
    p, k = p.astype(np.float32), p.shape[1]
    score = rule.unsure if name == "unsure" else rule.wrong
    if score == ADJUSTED:
        scores = adjusted_by(ClassConfidence.empty(k).update(p, y))(p, y)
    else:
        scores = SCORES[score](p, y)
    groups = {
        "none": np.zeros(len(y), int),
        "class": y,
        "confusion": (torn_between if name == "unsure" else mistaken)(p, y),
    }[rule.diversity]
    members, seen = [], {}
    for i in sorted(range(len(y)), key=lambda i: (-scores[i], i)):
        if name == "unsure" or p[i].argmax() != y[i]:
            turn = seen[groups[i]] = seen.get(groups[i], -1) + 1
            if turn < rule.needed(k):
                members.append((turn, -scores[i], i))
    return [i for *_, i in sorted(members)][: rule.total(k)]


@pytest.mark.parametrize("diversity", GROUPED)
@settings(max_examples=60)
@given(
    example=sets(),
    unsure=st.sampled_from(UNSURE_SCORES),
    wrong=st.sampled_from(WRONG_SCORES),
    size=st.one_of(
        st.integers(1, 9).map(lambda n: {"per_class": n}),
        st.integers(1, 9).map(lambda n: {"count": n}),
    ),
)
def test_both_lists_are_those_of_sorting_everything(diversity, example, unsure, wrong, size):
    rule = Rule(diversity=diversity, unsure=unsure, wrong=wrong, **size)
    found = rank_probabilities(*example, rule)
    for name in ("unsure", "wrong"):
        assert found[name].positions.tolist() == naive(*example, rule, name)


@pytest.mark.parametrize("diversity", GROUPED)
@settings(max_examples=60)
@given(example=sets(), data=st.data())
def test_any_cut_split_and_order_of_merging_gives_the_same_candidates(diversity, example, data):
    p, y = example[0].astype(np.float32), example[1]
    rule = Rule(diversity=diversity)
    patient = Candidates.empty(data.draw(st.integers(1, 3)), patience=data.draw(st.integers(1, 9)))
    empty = replace(Shortlists.empty(rule, p.shape[1]), unsure=patient, wrong=patient)
    whole = empty.update(p, y, np.arange(len(y)))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(y)), max_size=5)))
    batches = [range(a, b) for a, b in zip([0, *cuts], [*cuts, len(y)], strict=True)]
    parts = [empty, empty]
    for batch in data.draw(st.permutations(batches)):
        rows, worker = np.array(batch, int), data.draw(st.integers(0, 1))
        parts[worker] = parts[worker].update(p[rows], y[rows], rows)
    merged = parts[1].merge(parts[0])
    for name in ("unsure", "wrong"):
        one, other = getattr(whole, name), getattr(merged, name)
        for column in ("groups", "scores", "positions"):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))


@given(example=sets(), wrong=st.sampled_from(WRONG_SCORES))
def test_a_certain_and_right_row_never_enters_the_wrong_list(example, wrong):
    p, y = example
    p, y = np.r_[p, np.eye(p.shape[1], dtype=p.dtype)], np.r_[y, np.arange(p.shape[1])]
    found = rank_probabilities(p, y, Rule(count=99, wrong=wrong))["wrong"].positions
    assert len(found) == 0 or found.max() < len(example[1])
    np.testing.assert_array_equal(
        np.sort(found), np.flatnonzero(p.astype(np.float32).argmax(axis=1) != y)
    )


@pytest.mark.parametrize("k", [10, 100])
@pytest.mark.parametrize("order", ["as it comes", "rising", "falling"])
def test_many_rows_in_any_order_are_ranked_like_few(k, order):
    """More rows than wait for a fold, in blocks of both kinds, from both threads."""
    rng = np.random.default_rng(0)
    p = rng.random((90_000, k), dtype=np.float32) ** 4
    p /= p.sum(axis=1, keepdims=True)
    y = rng.integers(0, k, len(p))
    if order != "as it comes":
        by_loss = np.argsort(SCORES["loss"](p, y), kind="stable")
        by_loss = by_loss if order == "rising" else by_loss[::-1]
        p, y = p[by_loss], y[by_loss]
    rule = Rule(per_class=3)
    found = rank_probabilities(p, y, rule)
    for name, score in (("unsure", "least_confidence"), ("wrong", "loss")):
        scores = SCORES[score](p, y)
        among = np.ones(len(y), bool) if name == "unsure" else p.argmax(axis=1) != y
        best = []
        for label in range(k):
            rows = np.flatnonzero(among & (y == label))
            best += [
                (turn, -scores[i], i)
                for turn, i in enumerate(rows[np.lexsort((rows, -scores[rows]))][:3])
            ]
        assert found[name].positions.tolist() == [i for *_, i in sorted(best)]
        np.testing.assert_array_equal(found[name].scores, scores[found[name].positions])


def test_what_is_no_distribution_or_no_class_is_refused_with_its_place():
    p = np.tile(np.float32([0.25, 0.75]), (5000, 1))
    y = np.zeros(5000, int)
    for value, words in ((np.nan, "holds NaN"), (-0.25, "sums to 0.5"), (4.0, "sums to 4.75")):
        broken = p.copy()
        broken[4321, 0] = value
        with pytest.raises(ClassifierError, match=f"row 4321 {words}"):
            rank_probabilities(broken, y)
    with pytest.raises(ClassifierError, match=r"row 7 holds -1, and 1 of"):
        rank_probabilities(np.r_[p[:7], np.float32([[-1, 2]])], y[:8])
    with pytest.raises(DatasetError, match=r"label 3 \(counted from 0\) is 2, and 1 of 5000"):
        rank_probabilities(p, np.where(np.arange(5000) == 3, 2, 0))


def test_the_arrays_are_left_as_they_were():
    p, y = np.array([[0.4, 0.6], [0.9, 0.1]]), np.array([0, 1], np.uint8)
    kept = p.copy()
    rank_probabilities(p, y, Rule(diversity="confusion", wrong=ADJUSTED))
    np.testing.assert_array_equal(p, kept)


def test_a_pair_is_given_and_predicted_or_the_two_most_likely():
    p = np.array([[0.1, 0.6, 0.3], [0.5, 0.5, 0.0], [0.0, 0.3, 0.7]])
    assert mistaken(p, np.array([2, 1, 0])).tolist() == [2 * 3 + 1, 1 * 3 + 0, 0 * 3 + 2]
    assert torn_between(p, np.array([0, 0, 0])).tolist() == [1 * 3 + 2, 0 * 3 + 1, 1 * 3 + 2]


@pytest.mark.parametrize("belief", [0.0, 1e-6, 0.1, 0.3])
def test_an_equal_row_with_an_earlier_position_enters_when_it_comes_late(belief):
    row, label = np.float32([[belief, 1 - belief]]), np.array([0])
    lists = Shortlists.empty(Rule(count=1), 2)
    lists = replace(lists, wrong=Candidates.empty(1, patience=1))
    lists = lists.update(row, label, np.array([5])).update(row, label, np.array([3]))
    assert lists.wrong.positions.tolist() == [3]
    slightly_harder = np.float32([[belief * 0.99999, 1 - belief]])
    assert lists.update(slightly_harder, label, np.array([9])).wrong.positions.tolist() == (
        [9] if belief else [3]
    )
