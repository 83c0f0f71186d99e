from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.predict.predictions import Predictions, from_probabilities
from hardex.ranking.adjusted import ClassConfidence, adjusted_by
from hardex.ranking.candidates import Candidates
from hardex.ranking.lists import (
    Shortlist,
    Shortlists,
    groups_of,
    mistaken,
    needs_whole_set,
    scores_of,
    torn_between,
)
from hardex.ranking.order import Ranking, Rule, in_turn
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import ADJUSTED, SCORES, UNSURE_SCORES, WRONG_SCORES

GROUPED = ("none", "class", "confusion")


def batches_of(p, y, rule, rows=None):
    """The stream of some rows, with the scores that the rule names."""
    rows = np.arange(len(y)) if rows is None else rows
    confidence = ClassConfidence.empty(p.shape[1]).update(p.astype(np.float32), y)
    functions = scores_of(rule, confidence if needs_whole_set(rule) else None)
    for batch in from_probabilities(p[rows], str, y[rows]):
        seen = Predictions(rows[batch.positions], (), batch.labels, batch.probabilities)
        yield ScoredPredictions.of(seen, functions)


def both_lists(p, y, rule):
    """Both lists of arrays in memory."""
    lists = Shortlists.empty(rule, p.shape[1])
    for batch in batches_of(p, y, rule):
        lists = lists.update(batch)
    return {name: chosen(found.hardest, rule, p) for name, found in lists.result().items()}


def chosen(hardest, rule, p):
    k = p.shape[1]
    turns = rule.needed(k)
    order = in_turn(hardest, pool=rule.pool, turns=turns, refuse=lambda position: False)
    rows = np.array(list(order)[: rule.total(k)], int)
    return Ranking(hardest.positions[rows], hardest.scores[rows])


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
    found = both_lists(*example, rule)
    for name in ("unsure", "wrong"):
        assert found[name].positions.tolist() == naive(*example, rule, name)


@pytest.mark.parametrize("diversity", GROUPED)
@settings(max_examples=60)
@given(example=sets(), data=st.data())
def test_any_cut_split_and_order_of_merging_gives_the_same_candidates(diversity, example, data):
    p, y = example[0].astype(np.float32), example[1]
    rule = Rule(diversity=diversity)
    k = p.shape[1]
    capacity, patience = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 9))
    others = np.zeros(0, np.int64), np.zeros((0, k), np.float32)
    shortlist = Shortlist(
        Candidates.empty(capacity, patience=patience),
        Candidates.empty(capacity, patience=patience, others=others),
    )
    empty = Shortlists(rule, shortlist, shortlist)
    (all_rows,) = batches_of(p, y, rule)
    whole = empty.update(all_rows).result()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(y)), max_size=5)))
    batches = [range(a, b) for a, b in zip([0, *cuts], [*cuts, len(y)], strict=True)]
    parts = [empty, empty]
    for batch in data.draw(st.permutations(batches)):
        worker = data.draw(st.integers(0, 1))
        for some in batches_of(p, y, rule, np.array(batch, int)):
            parts[worker] = parts[worker].update(some)
    merged = parts[1].merge(parts[0]).result()
    for name in ("unsure", "wrong"):
        one, other = whole[name], merged[name]
        for column in ("groups", "scores", "positions"):
            np.testing.assert_array_equal(
                getattr(one.hardest, column), getattr(other.hardest, column)
            )
        for column in ("positions", "labels", "probabilities"):
            np.testing.assert_array_equal(getattr(one.pool, column), getattr(other.pool, column))
        among = one.pool.positions
        np.testing.assert_array_equal(one.pool.labels, y[among])
        np.testing.assert_array_equal(one.pool.probabilities, p[among])


@given(example=sets(), wrong=st.sampled_from(WRONG_SCORES))
def test_a_certain_and_right_row_never_enters_the_wrong_list(example, wrong):
    p, y = example
    p, y = np.r_[p, np.eye(p.shape[1], dtype=p.dtype)], np.r_[y, np.arange(p.shape[1])]
    found = both_lists(p, y, Rule(count=99, wrong=wrong))["wrong"].positions
    assert len(found) == 0 or found.max() < len(example[1])
    np.testing.assert_array_equal(
        np.sort(found), np.flatnonzero(p.astype(np.float32).argmax(axis=1) != y)
    )


@pytest.mark.parametrize("k", [10, 100])
@pytest.mark.parametrize("order", ["as it comes", "rising", "falling"])
def test_many_rows_in_any_order_are_ranked_like_few(k, order):
    """More rows than wait for a fold."""
    rng = np.random.default_rng(0)
    p = rng.random((90_000, k), dtype=np.float32) ** 4
    p /= p.sum(axis=1, keepdims=True)
    y = rng.integers(0, k, len(p))
    if order != "as it comes":
        by_loss = np.argsort(SCORES["loss"](p, y), kind="stable")
        by_loss = by_loss if order == "rising" else by_loss[::-1]
        p, y = p[by_loss], y[by_loss]
    rule = Rule(per_class=3)
    found = both_lists(p, y, rule)
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


def test_a_pair_is_given_and_predicted_or_the_two_most_likely():
    p = np.array([[0.1, 0.6, 0.3], [0.5, 0.5, 0.0], [0.0, 0.3, 0.7]])
    assert mistaken(p, np.array([2, 1, 0])).tolist() == [2 * 3 + 1, 1 * 3 + 0, 0 * 3 + 2]
    assert torn_between(p, np.array([0, 0, 0])).tolist() == [1 * 3 + 2, 0 * 3 + 1, 1 * 3 + 2]


def test_given_groups_hold_the_pairs_of_each_list():
    """Of both lists: the group, and in it the pair."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.1, 0.3, 0.6], [0.1, 0.6, 0.3]])
    labels, groups = np.array([0, 0, 0, 0]), np.array([4, 2, 4, 4])
    rule = Rule(diversity="cause")
    (batch,) = batches_of(p, labels, rule)
    found = Shortlists.empty(rule, 3).update(batch, groups).result()
    wrong, unsure = found["wrong"].hardest, found["unsure"].hardest
    assert dict(zip(wrong.positions.tolist(), wrong.groups.tolist(), strict=True)) == {
        1: 2 * 9 + 1,
        2: 4 * 9 + 2,
        3: 4 * 9 + 1,
    }
    assert dict(zip(unsure.positions.tolist(), unsure.groups.tolist(), strict=True)) == {
        0: 4 * 9 + 1,
        1: 2 * 9 + 5,
        2: 4 * 9 + 5,
        3: 4 * 9 + 5,
    }
    assert groups_of(wrong.groups, 3).tolist() == [2, 4, 4]


def test_a_rule_that_needs_groups_is_not_applied_without():
    rule = Rule(diversity="cause")
    (batch,) = batches_of(np.array([[0.5, 0.5]]), np.array([0]), rule)
    with pytest.raises(ValueError, match="needs the group of each example"):
        Shortlists.empty(rule, 2).update(batch)


@pytest.mark.parametrize("belief", [0.0, 1e-6, 0.1, 0.3])
def test_an_equal_row_with_an_earlier_position_enters_when_it_comes_late(belief):
    rule, label = Rule(count=1), np.array([0])
    lists = Shortlists.empty(rule, 2)
    narrow = replace(lists.wrong, candidates=Candidates.empty(1, patience=1))
    lists = replace(lists, wrong=narrow)

    def seen(position, p):
        one = Predictions(np.array([position]), (), label, np.float32([[p, 1 - belief]]))
        return ScoredPredictions.of(one, scores_of(rule))

    def positions_of(lists):
        return lists.result()["wrong"].hardest.positions.tolist()

    lists = lists.update(seen(5, belief)).update(seen(3, belief))
    assert positions_of(lists) == [3]
    slightly_harder = lists.update(seen(9, belief * 0.99999))
    assert positions_of(slightly_harder) == ([9] if belief else [3])
