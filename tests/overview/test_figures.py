import numpy as np
import pytest

import hardex
from hardex.overview.example import example_facts, share_easier
from hardex.overview.figures import overview
from hardex.overview.filters import filters

ROWS = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.9, 0.1]])


@pytest.fixture
def folder(tmp_path):
    """A run of two classes: 1 and 3 are wrong."""
    labels = np.array([0, 1, 1, 1])
    return hardex.rank(probabilities=ROWS, labels=labels, out=tmp_path / "run").folder


def test_a_script_gets_the_figures_of_a_folder(folder):
    figures = overview(folder)
    assert (figures["examples"], figures["wrong"]) == (4, 2)
    assert figures["confusion"]["counts"] == [[1, 0], [2, 1]]
    assert [row[:2] for row in figures["classes"]] == [[1, 3], [3, 1]]
    head = figures["heads"]["wrong"]
    assert head["total"] == 2
    assert [one["id"] for one in head["examples"]] == ["3", "1"]  # the highest loss first
    assert {one["file_name"] for one in head["examples"]} == {""}


def test_a_script_gets_the_facts_of_an_example(folder):
    facts = example_facts(folder, "3")
    assert (facts.position, facts.given, facts.predicted) == (3, "1", "0")
    assert facts.confidence == pytest.approx(0.9)
    assert dict(facts.likeliest) == pytest.approx({"0": 0.9, "1": 0.1})
    assert [(one.list, one.rank) for one in facts.reasons if one.list == "wrong"] == [("wrong", 1)]
    (loss,) = [one.value for one in facts.scores if one.name == "loss"]
    assert loss == pytest.approx(-np.log(0.1))
    assert share_easier(folder, "3")["loss"] == 0.75


def test_an_unknown_example_is_refused(folder):
    with pytest.raises(hardex.RunError, match="none has the id 'x'"):
        example_facts(folder, "x")


def test_the_filters_name_classes_and_scores(folder):
    found = filters(folder)
    assert (found["class_names"], found["examples"]) == (["0", "1"], 4)
    assert found["scores"][0]["name"] == "confidence"
    assert all(one["meaning"] for one in found["scores"])
