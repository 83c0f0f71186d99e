import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex.overview.confusion import MOST_CELLS, MOST_PAIRS, confusion_figures

matrices = st.integers(1, 7).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 9)))


@given(counts=matrices)
def test_the_pairs_are_all_errors_the_most_frequent_first(counts):
    found = confusion_figures(counts)
    expected = [
        (-int(n), int(counts[i].sum()), i, j)  # of equal number the larger share of its class
        for (i, j), n in np.ndenumerate(counts)
        if i != j and n
    ]
    assert found["pairs"] == [[i, j, -n] for n, _, i, j in sorted(expected)]
    assert found["pair_count"] == len(expected)
    assert found["confusion"] == {
        "classes": list(range(len(counts))),
        "counts": counts.tolist(),
    }


def test_of_many_classes_those_with_the_most_errors_are_shown_in_their_order():
    k = MOST_CELLS + 20
    counts = 5 * np.eye(k, dtype=np.int64)
    counts[49, 7] = 3  # errors count for both of their classes
    counts[:29, 0] += 1
    found = confusion_figures(counts)["confusion"]
    assert found["classes"] == [*range(29), 49]
    shown = np.array(found["counts"])
    assert (shown[29, 7], shown[3, 0], shown[0, 0]) == (3, 1, 6)


def test_of_very_many_pairs_the_most_frequent_are_kept_and_all_are_counted():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 1000, (40, 40))
    found = confusion_figures(counts)
    off_diagonal = np.sort(counts[~np.eye(40, dtype=bool)])[::-1]
    assert [often for _, _, often in found["pairs"]] == off_diagonal[:MOST_PAIRS].tolist()
    assert found["pair_count"] == 40 * 39
