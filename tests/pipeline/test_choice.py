import numpy as np
import pytest

from hardex import rank


def one_very_hard_class(per_class):
    """Ten classes, each torn with the next; class 0 hardest of all, so that it fills the pool."""
    labels = np.repeat(np.arange(10), per_class)
    rows = np.zeros((len(labels), 10), np.float32)
    best = np.where(labels == 0, 0.51, 0.9).astype(np.float32)
    rows[np.arange(len(labels)), labels] = best
    rows[np.arange(len(labels)), (labels + 1) % 10] = 1 - best
    return rows, labels


@pytest.mark.parametrize("diversity", ["class", "confusion"])
def test_picks_beyond_the_hardest_of_all_count_as_shown(tmp_path, diversity):
    rows, labels = one_very_hard_class(40)
    made = rank(
        probabilities=rows,
        labels=labels,
        out=tmp_path / "run",
        pool=40,
        per_class=1,
        diversity=diversity,
    )
    assert len(made.hard) == 10
    said = made.metrics["lists"]["unsure"]
    pairs = said["confusion_pairs"]
    assert (said["chosen"], pairs["covered"], pairs["total"]) == (10, 10, 10)
    # 49 are counted, 40 of them of one pair: ten at random miss each other pair in 39 of 49 picks.
    assert pairs["random"] == pytest.approx(1 + 9 * 10 / 49, abs=1e-3)
