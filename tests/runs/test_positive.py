import json

import numpy as np
import pytest

import hardex
from hardex.errors import RunError
from hardex.runs.positive import positive_class

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
    with pytest.raises(RunError, match="one of the 2 classes; received 'well'"):
        positive_class(run, "well")


def test_rank_counts_one_class(hardex, tmp_path):
    np.save(tmp_path / "p.npy", ROWS)
    np.save(tmp_path / "y.npy", LABELS)
    line = "rank --probabilities p.npy --labels y.npy --classes fine,ill --out run"
    told = hardex(f"{line} --positive ill --sensitivity 1")
    assert told.code == 0
    assert "ill against the rest: 2 false negatives, 1 false positive;" in told.out
    assert "False negatives: 2, 4." in told.out and "Threshold 0.100000001: sensitivity" in told.out
    found = json.loads(hardex(f"{line} --force --positive ill --format json").out)["positive"]
    assert (found["missed"], found["alarms"]) == (["2", "4"], ["1"])
    assert hardex(f"{line} --force --sensitivity 1").code == 2


def test_a_class_that_is_not_there_stops_a_ranking_before_it_begins(hardex, tmp_path):
    np.save(tmp_path / "p.npy", ROWS)
    np.save(tmp_path / "y.npy", LABELS)
    told = hardex("rank --probabilities p.npy --labels y.npy --out run --positive well")
    assert told.code == 1 and "one of the 2 classes" in told.err
    assert not (tmp_path / "run").exists()


def test_the_counts_are_among_the_metrics(tmp_path):
    saved = {"probabilities": ROWS, "labels": LABELS, "class_names": ["fine", "ill"]}
    run = hardex.rank(**saved, positive="ill", sensitivity=0.6, out=tmp_path / "run")
    assert run.metrics["positive"] == positive_class(run, "ill", sensitivity=0.6).summary()
    assert "positive" not in hardex.rank(**saved, out=tmp_path / "plain").metrics
    again = hardex.rank(tmp_path / "plain", positive="fine", out=tmp_path / "again")
    assert again.metrics["positive"]["false_negatives"] == 1
    with pytest.raises(RunError, match="add --positive CLASS"):
        hardex.rank(**saved, sensitivity=0.6, out=tmp_path / "none")
