"""`hardex compare` as it is typed."""

import json

import pytest

from .made_runs import run_of

LABELS = [0, 0, 1, 1, 2, 2]


@pytest.fixture
def runs(tmp_path):
    for name, answers in (
        ("old", [0, 1, 1, 0, 0, 1]), ("new", [0, 0, 1, 2, 0, 2]), ("third", [1, 0, 1, 1, 0, 1]),
    ):  # fmt: skip
        run_of(tmp_path, name, answers, LABELS)


def test_the_terminal_says_what_a_person_asks(hardex, runs):
    told = hardex("compare old new third --positive owl")
    assert told.code == 0
    for line in (
        "3 runs on 6 examples: old, new, third.",
        "Too few answers of old and new differ to tell them apart: +33.33 points;",
        "Wrong in all: 1 (given owl (1); owl → cat (1)): 4.",
        "Only wrong in third: 1 (given cat (1); cat → dog (1)): 0.",
        "Only right in old: none.",
        "1 label is contradicted by all 3 models with the same class: look at it first.",
        "no sign of overfitting.",
        "new: owl against the rest: 1 false negative, 1 false positive;",
        "See the examples: hardex serve old new third",
    ):
        assert line in told.out
    assert "Share of the errors" in told.out and "Repaired from" not in told.out
    flips = "Repaired from old to new: 2 (given cat (1), owl (1); cat → dog (1), owl → dog (1)): "
    assert flips in hardex("compare old new third -v").out


def test_two_runs_need_no_matrix(hardex, runs):
    told = hardex("compare old new").out
    assert "Same prediction" not in told and "from → to" not in told and "drift" not in told


def test_json_and_a_saved_table(hardex, runs):
    found = json.loads(hardex("compare old new --out both.parquet --format json").out)
    assert (found["schema"], found["out"]) == ("hardex.compare/1", "both.parquet")
    assert len(found["made_from"][0]["manifest"]) == 64
    assert "It is up to date." in hardex("compare both.parquet").out
    again = hardex("compare old new --out both.parquet")
    assert again.code == 1 and "pass --force" in again.err
    run_of_again = hardex("rank old --out other")
    assert run_of_again.code == 0
    saved = json.loads(hardex("compare both.parquet --format json").out)
    assert (saved["runs"], saved["stale"]) == (["old", "new"], False)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("compare old", "needs 2 to 20 runs; received 1"),
        ("compare old old", "is there twice"),
        ("compare old nothing", "a run is a folder with manifest.json; nothing has none"),
        ("compare old new --sensitivity 0.9", "add --positive CLASS"),
    ],
)
def test_bad_input_is_one_sentence(hardex, runs, line, why):
    told = hardex(line)
    assert told.code == 1 and why in told.err and told.err.count("\n") == 1


def test_without_a_run_the_usage_is_shown(hardex):
    assert hardex("compare").code == 2
