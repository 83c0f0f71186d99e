"""`hardex errors` as it is typed."""

import json

import numpy as np
import pytest

import hardex as library

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


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("errors run --positive fox", "--positive must be one of the run's 3 classes"),
        ("errors run --sensitivity 0.9", "add --positive CLASS"),
        ("errors nothing", "a run is a folder with manifest.json; nothing has none"),
    ],
)
def test_bad_input_is_one_sentence(hardex, run, line, why):
    told = hardex(line)
    assert told.code == 1 and why in told.err and told.err.count("\n") == 1
