"""`hardex errors` as it is typed."""

import json

import numpy as np
import pytest

import hardex as library

from .made_sets import run_of, write_set

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2])
ANSWERS = np.array([0, 0, 0, 1, 1, 1, 0, 0])


@pytest.fixture
def run(tmp_path):
    rows = np.full((8, 3), 0.1)
    rows[np.arange(8), ANSWERS] = 0.8
    rows[6] = (0.96, 0.02, 0.02)
    return library.rank(
        probabilities=rows, labels=LABELS, class_names=["cat", "dog", "owl"], out=tmp_path / "run"
    )


def test_the_terminal_says_what_a_person_asks(hardex, run):
    told = hardex("errors run --positive dog --sensitivity 0.5")
    assert told.code == 0, told.err
    for line in (
        "3 of 8 examples are wrong: an error of 37.50 % [13.68, 69.43].",
        "Accuracy 62.50 % [",
        "always answering cat would be right for 50.0 %.",
        "dog against the rest: 1 false negative, 1 false positive;",
        "False negatives: 6.",
        "See the examples: hardex serve run",
    ):
        assert line in told.out
    assert "together" not in told.out  # nothing to split: no other set was given


def test_json_has_the_promised_form(hardex, run):
    found = json.loads(hardex("errors run --format json").out)
    assert found["schema"] == "hardex.errors/1"
    assert found["total"] == 3 / 8
    assert sum(one["value"] for one in found["terms"].values()) == found["total"]
    assert set(found["terms"]) | set(found["merged"]) == {
        "floor", "bias", "variance", "shift", "overfitting"
    }  # fmt: skip
    assert [one["class"] for one in found["classes"]] == ["cat", "dog", "owl"]
    assert found["classes"][2]["recall"]["value"] == 0
    assert found["classes"][2]["precision"]["value"] is None
    assert [one["id"] for one in found["top"]] == ["6", "3", "7"]


def test_further_sets_split_the_error(hardex, tmp_path):
    rng = np.random.default_rng(5)
    run_of(tmp_path, 20, 100, rng)
    write_set(tmp_path / "train.npz", 2, 100, rng)
    (tmp_path / "reads.py").write_text(
        "import numpy as np\ndef answer(images):\n"
        "    return np.eye(2)[(images[:, 0, 0, 0] // 100).astype(int)]\n"
    )
    made = hardex("rank reads:answer test.npz --out typed --per-class 1")
    assert made.code == 0, made.err
    told = hardex("errors typed --train train.npz --floor 0.01 --trust-model")
    assert told.code == 0, told.err
    for line in (
        "Floor: +1.00 points [+1.00, +1.00]: people disagree, too.",
        "Bias: +1.00 points [",
        "Variance, shift and overfitting together: +18.00 points [",
        "The largest part beyond chance is variance, shift and overfitting together: to tell them "
        "apart, add --validation and --test-validation.",
        "No difference was found between the training data and the test data (",
    ):
        assert line in told.out
    line = "errors typed --train train.npz --floor 0.01 --trust-model --format json"
    found = json.loads(hardex(line).out)
    assert sum(one["value"] for one in found["terms"].values()) == pytest.approx(found["total"])
    assert found["merged"] == {"shift": "variance", "overfitting": "variance"}
    assert found["sources"] == {"train": "train.npz", "test": "test.npz"}
    assert found["shifts"][0]["differs"] is False


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("errors run --positive fox", "--positive must be one of the 3 classes"),
        ("errors run --sensitivity 0.9", "add --positive CLASS"),
        ("errors nothing", "a run is a folder with manifest.json; nothing has none"),
    ],
)
def test_bad_input_is_one_sentence(hardex, run, line, why):
    told = hardex(line)
    assert told.code == 1 and why in told.err and told.err.count("\n") == 1


@pytest.mark.parametrize("line", ["errors run --model other", "errors run --preprocess unit"])
def test_options_that_would_do_nothing_are_refused(hardex, run, line):
    assert hardex(line).code == 2


def test_a_run_that_counts_nothing_is_refused(hardex, run):
    path = run.folder / "results" / "confusion.csv"
    path.write_text(",cat,dog,owl\ncat,0,0,0\ndog,0,0,0\nowl,0,0,0\n")
    told = hardex("errors run")
    assert told.code == 1 and "needs examples; confusion.csv in run counts none" in told.err
