from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import HardexError
from hardex.ranking.candidates import Candidates
from hardex.ranking.order import DIVERSITIES, Ranking, Rule, in_turn, in_turns_of_turns
from hardex.ranking.scores import FORMULAS, UNSURE_SCORES, WRONG_SCORES


@st.composite
def scored(draw):
    """Scores with heavy ties and the groups of up to 30 examples."""
    count = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([1, 3, 10**6]))
    return rng.integers(0, levels, count) / levels, rng.integers(0, draw(st.integers(1, 5)), count)


def rank_arrays(scores, groups, *, count, among=None):
    positions = np.arange(len(scores)) if among is None else np.flatnonzero(among)
    seen = Candidates.empty(count).update(groups[positions], scores[positions], positions)
    return ranking(seen, count=count)


def ranking(candidates, *, count):
    """Nothing is refused."""
    kept = candidates.result()
    order = in_turn(kept, pool=count, turns=count, refuse=lambda position: False)
    rows = np.array(list(islice(order, count)), int)
    return Ranking(kept.positions[rows], kept.scores[rows])


def round_robin(scores, groups, count):
    """The naive way: again and again, the hardest left of every group; then the turn is sorted."""
    left = {
        group: sorted(np.flatnonzero(groups == group).tolist(), key=lambda i: (-scores[i], i))
        for group in set(groups.tolist())
    }
    order = []
    while any(left.values()):
        turn = [members.pop(0) for members in left.values() if members]
        order += sorted(turn, key=lambda i: (-scores[i], i))
    return order[:count]


@given(example=scored(), count=st.integers(1, 35))
def test_the_ranking_is_that_of_taking_the_groups_in_turn(example, count):
    scores, groups = example
    found = rank_arrays(scores, groups, count=count)
    assert found.positions.tolist() == round_robin(scores, groups, count)
    np.testing.assert_array_equal(found.scores, scores[found.positions])


@given(
    example=scored(),
    capacity=st.integers(1, 9),
    pool=st.integers(1, 9),
    turns=st.integers(1, 9),
)
def test_one_sort_gives_the_order_of_taking_one_after_the_other(example, capacity, pool, turns):
    scores, groups = example
    seen = Candidates.empty(capacity).update(groups, scores, np.arange(len(scores))).result()
    one_by_one = in_turn(seen, pool=pool, turns=turns, refuse=lambda position: False)
    assert list(in_turn(seen, pool=pool, turns=turns, refuse=None)) == list(one_by_one)


@given(example=scored(), count=st.integers(1, 35), more=st.integers(1, 9))
def test_a_shorter_ranking_begins_a_longer_one(example, count, more):
    short = rank_arrays(*example, count=count).positions.tolist()
    assert rank_arrays(*example, count=count + more).positions.tolist()[: len(short)] == short


@given(example=scored(), per_class=st.integers(1, 4))
def test_a_shorter_ranking_per_class_begins_a_longer_one(example, per_class):
    scores, groups = example

    def per_class_ranking(number):
        seen = Candidates.empty(number).update(groups, scores, np.arange(len(scores)))
        return ranking(seen, count=number * 5).positions.tolist()

    short = per_class_ranking(per_class)
    assert per_class_ranking(per_class + 1)[: len(short)] == short


@given(example=scored())
def test_rank_r_of_every_group_comes_before_rank_r_plus_1_of_any(example):
    scores, groups = example
    order = rank_arrays(scores, groups, count=len(scores)).positions
    seen, turns = {}, []
    for group in groups[order].tolist():
        seen[group] = seen.get(group, 0) + 1
        turns.append(seen[group])
    assert turns == sorted(turns)


@given(example=scored())
def test_nothing_is_chosen_twice_and_nothing_is_left_out(example):
    scores, groups = example
    assert sorted(rank_arrays(scores, groups, count=99).positions) == list(range(len(scores)))


@given(example=scored(), data=st.data())
def test_only_examples_that_are_marked_are_ranked(example, data):
    scores, groups = example
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores))))
    chosen = rank_arrays(scores, groups, count=99, among=among).positions
    assert sorted(chosen.tolist()) == np.flatnonzero(among).tolist()


@given(example=scored())
def test_in_a_single_group_the_hardest_come_first_and_ties_by_position(example):
    scores, _ = example
    order = rank_arrays(scores, np.zeros(len(scores), int), count=99).positions
    assert order.tolist() == np.lexsort((np.arange(len(scores)), -scores)).tolist()


def test_a_ranking_is_as_long_as_what_was_chosen():
    assert len(rank_arrays(np.array([0.5, 0.9]), np.array([0, 0]), count=1)) == 1


def taken(example, *, count, pool=99, turns=99, refuse=lambda position: False, capacity=99):
    """Positions in the order in which the groups are taken in turn."""
    scores, groups = example
    seen = Candidates.empty(capacity).update(groups, scores, np.arange(len(scores))).result()
    rows = islice(in_turn(seen, pool=pool, turns=turns, refuse=refuse), count)
    return seen.positions[list(rows)].tolist()


@given(example=scored(), count=st.integers(1, 35))
def test_when_nothing_is_refused_both_ways_of_taking_turns_agree(example, count):
    assert taken(example, count=count) == rank_arrays(*example, count=count).positions.tolist()


def greedy_turns(example, refused):
    """The naive way: in each turn, each group offers its hardest that may be chosen."""
    scores, groups = example
    allowed = np.array([i not in refused for i in range(len(scores))])
    rows = np.flatnonzero(allowed)
    return rows[round_robin(scores[rows], groups[rows], len(rows))].tolist()


@given(example=scored(), refused=st.sets(st.integers(0, 29)))
def test_what_is_refused_is_replaced_by_the_next_of_its_group_in_the_same_turn(example, refused):
    found = taken(example, count=99, refuse=lambda position: position in refused)
    assert found == greedy_turns(example, refused)


@given(example=scored(), twins=st.integers(1, 6), pool=st.integers(1, 6), more=st.integers(1, 9))
def test_a_shorter_ranking_without_lookalikes_begins_a_longer_one(example, twins, pool, more):
    """Positions equal modulo `twins` look alike; candidates beyond the pool come last."""

    def ranked(count):
        seen = set()

        def refuse(position):
            known = position % twins in seen
            seen.add(position % twins)
            return known

        return taken(example, count=count, pool=pool, capacity=max(pool, count), refuse=refuse)

    short = ranked(3)
    assert ranked(3 + more)[: len(short)] == short


@given(example=scored(), pool=st.integers(1, 4), refused=st.sets(st.integers(0, 29), max_size=9))
def test_the_pool_of_every_group_comes_before_what_lies_beyond(example, pool, refused):
    scores, groups = example
    order = taken(example, count=99, pool=pool, refuse=lambda position: position in refused)
    places = [
        sorted(np.flatnonzero(groups == groups[i]), key=lambda j: (-scores[j], j)).index(i)
        for i in order
    ]
    beyond = [place >= pool for place in places]
    assert beyond == sorted(beyond)


@given(example=scored(), turns=st.integers(1, 4))
def test_no_group_is_taken_more_often_than_allowed(example, turns):
    groups = example[1][taken(example, count=99, turns=turns)]
    assert len(groups) == 0 or np.bincount(groups).max() <= turns


# --- groups within groups


def nested(scores, groups, larger, refuse=lambda position: False):
    """Positions in the order in which larger groups are taken in turn, and groups within them."""
    both = larger * 100 + groups
    seen = Candidates.empty(99).update(both, scores, np.arange(len(scores))).result()
    rows = in_turns_of_turns(seen, seen.groups // 100, refuse=refuse)
    return seen.positions[list(rows)].tolist()


@given(example=scored(), data=st.data(), refused=st.sets(st.integers(0, 29)))
def test_larger_groups_come_in_turn_the_one_with_the_hardest_example_first(example, data, refused):
    scores, groups = example
    larger = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(scores), max_size=30)))
    larger = larger[: len(scores)]
    by_hardness = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    in_order = dict.fromkeys(larger[by_hardness].tolist())
    left = []
    for one in in_order:
        rows = np.array([i for i in np.flatnonzero(larger == one) if i not in refused], int)
        left.append(rows[round_robin(scores[rows], groups[rows], 99)].tolist())
    expected = []
    while any(left):
        expected += [order.pop(0) for order in left if order]
    assert nested(scores, groups, larger, lambda position: position in refused) == expected


def test_within_a_larger_group_its_groups_take_turns():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.95])
    larger, groups = np.array([1, 1, 1, 0, 0, 0]), np.array([5, 5, 6, 5, 5, 6])
    # 5 is the hardest of all, so its group comes first; then 0, the hardest of the other. In the
    # second turn, each offers the pair that it has not shown yet.
    assert nested(scores, groups, larger) == [5, 0, 3, 2, 4, 1]
    assert nested(scores[:0], groups[:0], larger[:0]) == []


@given(example=scored(), data=st.data(), twins=st.integers(1, 6), count=st.integers(0, 30))
def test_a_nested_ranking_may_be_stopped_anywhere(example, data, twins, count):
    """What is refused depends on what was chosen before, and on nothing that comes later."""
    scores, groups = example
    larger = np.array(data.draw(st.lists(st.integers(0, 2), min_size=30, max_size=30)))
    both = larger[: len(scores)] * 100 + groups
    seen = Candidates.empty(99).update(both, scores, np.arange(len(scores))).result()

    def ranked(count):
        asked = []

        def refuse(position):
            asked.append(position)
            return position % twins in {one % twins for one in asked[:-1]}

        rows = in_turns_of_turns(seen, seen.groups // 100, refuse=refuse)
        return list(islice(rows, count)), asked

    chosen, asked = ranked(count)
    every, all_asked = ranked(99)
    assert (every[: len(chosen)], all_asked[: len(asked)]) == (chosen, asked)


def test_the_rule_of_the_article_is_two_of_each_class_the_least_confident_first():
    rule = Rule()
    assert (rule.total(10), rule.needed(10), rule.unsure) == (20, 2, "least_confidence")


@pytest.mark.parametrize(
    ("rule", "total", "needed"),
    [
        (Rule(per_class=3), 30, 3),
        (Rule(per_class=3, diversity="none"), 30, 30),
        (Rule(per_class=3, diversity="confusion"), 30, 30),
        (Rule(count=7), 7, 7),
        (Rule(count=7, diversity="embedding"), 7, 7),
    ],
)
def test_the_candidates_are_enough_for_the_ranking_asked_for(rule, total, needed):
    assert (rule.total(10), rule.needed(10)) == (total, needed)
    assert replace(rule, pool=1).capacity(10) == needed


@given(count=st.integers(1, 9), per_class=st.integers(1, 9))
def test_a_rule_with_given_groups_keeps_all_of_their_examples(count, per_class):
    rule = Rule(per_class, count, diversity="cause", pool=1)
    assert rule.capacity(10) > 10**15
    assert rule.total(10) == count and replace(rule, count=None).total(10) == per_class * 10


@given(count=st.integers(1, 2000), more=st.integers(1, 2000))
def test_the_pool_does_not_depend_on_how_many_are_asked_for(count, more):
    assert Rule(count=count).capacity(10) == Rule(count=more).capacity(10) == 2000


def test_the_formulas_name_scores_of_ones_own_as_they_are_called():
    assert Rule(wrong="mine:score").formulas() == FORMULAS | {"mine:score": "mine:score"}


@pytest.mark.parametrize("diversity", DIVERSITIES)
@pytest.mark.parametrize("unsure", UNSURE_SCORES)
@pytest.mark.parametrize("wrong", WRONG_SCORES)
def test_every_choice_there_is_can_be_chosen(diversity, unsure, wrong):
    Rule(diversity=diversity, unsure=unsure, wrong=wrong)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"diversity": "all"},
            r"--diversity must be one of none, .*, embedding, cause; received 'all'; c",
        ),
        (
            {"unsure": "loss"},
            r"--unsure must be one of least_confidence, .*, entropy or MODULE:FUNCTION; .*'loss'",
        ),
        (
            {"wrong": "margin"},
            r"--wrong must be one of loss, .*_self_confidence or MODULE:FUNCTION; .*'margin'",
        ),
        ({"per_class": 0}, r"--per-class must be 1 or more; received 0; choose a larger number\."),
        ({"count": -1}, r"--count must be 1 or more; received -1; choose a larger number\."),
        ({"pool": 0}, r"--pool must be 1 or more; received 0"),
        ({"count": 0}, r"--count must be 1 or more; received 0"),
    ],
)
def test_a_choice_that_is_not_there_is_refused_with_those_that_are(choice, message):
    with pytest.raises(HardexError, match=message):
        Rule(**choice)
