import json

import numpy as np
import pytest

import hardex
from hardex.errors import RunError
from hardex.overview.positive import positive_class

ROWS = np.array([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8], [0.55, 0.45], [0.8, 0.2]])
LABELS = np.array([0, 0, 1, 1, 1, 0])


@pytest.fixture
def run(tmp_path):
    names = ["fine", "ill"]
    return hardex.rank(probabilities=ROWS, labels=LABELS, class_names=names, out=tmp_path / "run")


def test_both_kinds_of_error_come_hardest_first(run):
    found = positive_class(run, "ill", sensitivity=0.6)
    assert found.missed == ("2", "4") and found.alarms == ("1",)
    assert found.chosen["threshold"] == pytest.approx(0.45)
    assert found.chosen["specificity"]["value"] == pytest.approx(2 / 3)


def test_a_class_must_be_one_of_the_run(run):
    with pytest.raises(RunError, match="one of the run's 2 classes; received 'well'"):
        positive_class(run, "well")


def test_rank_counts_one_class(hardex, tmp_path):
    np.save(tmp_path / "p.npy", ROWS)
    np.save(tmp_path / "y.npy", LABELS)
    line = "rank --probabilities p.npy --labels y.npy --classes fine,ill --out run"
    told = hardex(f"{line} --positive ill --sensitivity 1")
    assert told.code == 0
    assert "ill against the rest: 2 false negatives, 1 false positive;" in told.out
    assert "False negatives: 2, 4." in told.out and "Threshold 0.1: sensitivity" in told.out
    found = json.loads(hardex(f"{line} --force --positive ill --format json").out)["positive"]
    assert (found["missed"], found["alarms"]) == (["2", "4"], ["1"])
    assert hardex(f"{line} --force --sensitivity 1").code == 2
