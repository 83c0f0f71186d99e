import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.ranking.candidates import Candidates, places_in_group


@st.composite
def streams(draw):
    """Groups, scores with heavy ties, and positions of up to 40 examples."""
    count = draw(st.integers(0, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups = rng.integers(0, draw(st.integers(1, 5)), count)
    levels = draw(st.sampled_from([1, 2, 4, 10**6]))
    scores = rng.integers(-levels // 2, levels, count) / levels
    return groups, scores, np.arange(count)


def naive(groups, scores, positions, capacity):
    """Sort everything, then keep the first few of each group."""
    rows = sorted(zip(groups.tolist(), (-scores).tolist(), positions.tolist(), strict=True))
    kept, seen = [], {}
    for group, score, position in rows:
        seen[group] = seen.get(group, 0) + 1
        if seen[group] <= capacity:
            kept.append((group, -score, position))
    return kept


def rows_of(candidates):
    columns = candidates.result().columns[:3]
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(stream=streams(), capacity=st.integers(1, 6))
def test_the_candidates_are_those_of_sorting_everything(stream, capacity):
    assert rows_of(Candidates.empty(capacity).update(*stream)) == naive(*stream, capacity)


@given(stream=streams(), capacity=st.integers(1, 6), data=st.data())
def test_any_cut_split_and_order_of_merging_keeps_the_same(stream, capacity, data):
    count = len(stream[0])
    cuts = sorted(data.draw(st.sets(st.integers(0, count), max_size=6)))
    bounds = zip([0, *cuts], [*cuts, count], strict=True)
    batches = [tuple(column[a:b] for column in stream) for a, b in bounds]
    shuffled = data.draw(st.permutations(batches))
    dealt = data.draw(st.integers(1, 3))
    patience = data.draw(st.sampled_from([1, 5, 1000]))
    total = Candidates.empty(capacity, patience=patience)
    for worker in range(dealt):
        own = Candidates.empty(capacity, patience=patience)
        for batch in shuffled[worker::dealt]:
            own = own.update(*batch)
        total = total.merge(own) if data.draw(st.booleans()) else own.merge(total)
    assert rows_of(total) == naive(*stream, capacity)


@given(stream=streams(), capacity=st.integers(1, 6))
def test_memory_is_bounded_by_groups_and_capacity(stream, capacity):
    kept = Candidates.empty(capacity).update(*stream).result()
    assert len(kept) <= capacity * len(set(stream[0].tolist()))


@given(stream=streams(), capacity=st.integers(1, 6), more=st.integers(0, 6))
def test_fewer_candidates_begin_more_candidates_of_each_group(stream, capacity, more):
    few = rows_of(Candidates.empty(capacity).update(*stream))
    many = rows_of(Candidates.empty(capacity + more).update(*stream))
    for group in set(stream[0].tolist()):
        of_group = [row for row in few if row[0] == group]
        assert [row for row in many if row[0] == group][: len(of_group)] == of_group


@pytest.mark.parametrize("patience", [1, 1000])
def test_a_late_tie_does_not_push_out_an_early_one_and_an_early_one_that_comes_late_does(patience):
    group, half = np.array([0]), np.array([0.5])
    kept = Candidates.empty(1, patience=patience).update(group, half, np.array([5]))
    assert kept.update(group, half, np.array([9])).result().positions.tolist() == [5]
    assert kept.update(group, half, np.array([2])).result().positions.tolist() == [2]


def test_groups_beyond_the_packed_key_are_kept_all_the_same():
    groups = np.array([2**40, 0, 2**40, 2**20, 0])
    kept = Candidates.empty(1, patience=1).update(groups, np.array([1, 2, 3, 4, 5.0]), np.arange(5))
    kept = kept.update(groups, np.array([9, 0, 0, 0, 0.0]), np.arange(5, 10))
    assert rows_of(kept) == [(0, 5.0, 4), (2**20, 4.0, 3), (2**40, 9.0, 5)]


@given(stream=streams(), patience=st.sampled_from([1, 7]))
def test_what_waits_is_bounded_by_patience_and_what_is_kept(stream, patience):
    seen = Candidates.empty(2, patience=patience)
    for i in range(len(stream[0])):
        seen = seen.update(*(column[i : i + 1] for column in stream))
        assert seen._waiting_count < max(patience, len(seen._kept.groups))


def test_a_group_that_was_never_seen_before_gets_in_late():
    kept = Candidates.empty(1).update(np.array([0]), np.array([0.9]), np.array([0]))
    kept = kept.update(np.array([7]), np.array([-1.0]), np.array([1]))
    assert rows_of(kept) == [(0, 0.9, 0), (7, -1.0, 1)]


@pytest.mark.parametrize(
    ("groups", "places"), [([], []), ([4], [0]), ([1, 1, 2, 5, 5, 5], [0, 1, 0, 0, 1, 2])]
)
def test_places_are_counted_within_each_group(groups, places):
    assert places_in_group(np.array(groups, int)).tolist() == places


@given(stream=streams(), capacity=st.integers(1, 6))
def test_further_columns_stay_beside_their_example(stream, capacity):
    groups, scores, positions = stream
    others = np.zeros((0, 2), np.int64), np.zeros(0)
    beside = np.stack([positions, positions * 2], axis=1), scores * 3
    empty = Candidates.empty(capacity, patience=1, others=others)
    half = len(groups) // 2
    for part in (slice(half, None), slice(half)):
        columns = (groups, scores, positions, *beside)
        empty = empty.update(*(column[part] for column in columns))
    kept = empty.result()
    np.testing.assert_array_equal(kept.others[0][:, 1], kept.positions * 2)
    np.testing.assert_array_equal(kept.others[1], kept.scores * 3)


@given(stream=streams(), capacity=st.integers(1, 6), size=st.integers(1, 5), seed=st.integers(0, 9))
def test_columns_that_are_picked_late_are_those_that_would_be_picked_at_once(
    stream, capacity, size, seed
):
    """Rows that are no longer kept are let go now and then, and nobody sees when."""
    groups, scores, positions = stream
    beside = np.random.default_rng(seed).random((len(groups), 3))
    whole = {int(position): row.tolist() for position, row in zip(positions, beside, strict=True)}
    kept = Candidates.empty(capacity, patience=1, others=(np.zeros((0, 3)),))
    for start in range(0, len(groups), size):
        at = np.arange(start, min(start + size, len(groups)))
        columns = (column[at] for column in (groups, scores, positions))
        kept = kept.update(*columns, beside, at=at)
        found = kept.result()
        assert len(found.rows) == len(found)
        assert sum(len(part[0]) for part in found.parts) <= max(3 * len(found), size)
        assert found.others[0].tolist() == [whole[i] for i in found.positions.tolist()]
    assert rows_of(kept) == naive(*stream, capacity)
