from itertools import pairwise

import numpy as np
import pytest
from fakes import checksum_of, contents, diagnosed, small_dataset, twins_of
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex import HardexError, RunError, rank
from hardex.pipeline.causes import Causes, causes_of

# p(0), p(1), p(2); all are labelled 0. The smaller p(0), the harder in the wrong list.
ROWS = [
    [0.050, 0.900, 0.050],  # rotation, predicted 1
    [0.060, 0.800, 0.140],  # rotation, predicted 1
    [0.200, 0.100, 0.700],  # rotation, predicted 2
    [0.010, 0.980, 0.010],  # mislabelled, predicted 1
    [0.300, 0.600, 0.100],  # mislabelled, predicted 1
    [0.100, 0.300, 0.600],  # unexplained, predicted 2
    [0.001, 0.998, 0.001],  # the hardest of all, not diagnosed
    [0.550, 0.250, 0.200],  # rotation, but right
]
CAUSES = {
    "0": "rotation",
    "1": "rotation",
    "2": "rotation",
    "3": "mislabelled",
    "4": "mislabelled",
    "5": "unexplained",
    "7": "rotation",
}


@pytest.fixture
def run(tmp_path):
    rows, labels = np.array(ROWS, np.float32), np.zeros(len(ROWS), int)
    made = rank(
        probabilities=rows, labels=labels, class_names=["0", "1", "2"], out=tmp_path / "run"
    )
    return diagnosed(made, CAUSES)


def ids_of(run, name="wrong"):
    return run.hard[run.hard["list"] == name]["id"].tolist()


def test_causes_take_turns_the_hardest_first_and_in_each_its_confusion_pairs(run, tmp_path):
    again = rank(run.folder, out=tmp_path / "again", diversity="cause", count=20)
    # Mislabelled has the hardest example, then rotation, then unexplained. In the second turn,
    # rotation shows the pair of 2 before the second of the pair of 0 and 1.
    assert ids_of(again) == ["3", "0", "5", "4", "2", "1"]
    # By 1 - max p: 7 (0.45) leads rotation, 5 and 4 (0.40) the others, ties by position. Among the
    # pairs of rotation, 0 and 1 are torn between 1 and another class: {0, 2} is the third pair.
    assert ids_of(again, "unsure") == ["7", "4", "5", "2", "3", "1", "0"]
    assert again.manifest.rule["diversity"] == "cause"


def test_only_as_many_as_asked_for_are_chosen(run, tmp_path):
    made = rank(run.folder, out=tmp_path / "again", diversity="cause", per_class=1)
    assert ids_of(made) == ["3", "0", "5"]  # one of each of three classes are three in all


def test_the_causes_shown_are_counted_beside_a_random_pick(run, tmp_path):
    made = rank(run.folder, out=tmp_path / "again", diversity="cause", count=2)
    said = made.metrics["lists"]["wrong"]
    # Two of six at random miss the 2, 3 and 1 of each cause in 6, 3 and 10 of 15 picks.
    assert said["causes"] == {
        "covered": 2,
        "total": 3,
        "random": pytest.approx(3 - 19 / 15, abs=1e-3),
    }
    other = rank(run.folder, out=tmp_path / "other", diversity="confusion")
    assert "causes" not in other.metrics["lists"]["wrong"]


@pytest.mark.parametrize("duplicates", [True, False])
def test_a_shorter_list_begins_a_longer_one(tmp_path, duplicates):
    twins, path = twins_of(20), tmp_path / "data.npz"
    np.savez(path, images=twins.images, labels=twins.labels)
    run = rank(checksum_of(3), path, out=tmp_path / "run", class_names=twins.class_names)
    names = np.random.default_rng(0).choice(["rotation", "rare", "unexplained"], 30).tolist()
    diagnosed(run, {str(i): name for i, name in enumerate(names)})
    rule = {"diversity": "cause", "pool": 3, "allow_duplicates": duplicates}
    lists = []
    for count in (2, 9, 40):
        made = rank(run.folder, out=tmp_path / str(count), count=count, **rule)
        lists.append({name: ids_of(made, name) for name in ("unsure", "wrong")})
    for short, long in pairwise(lists):
        assert all(long[name][: len(ids)] == ids for name, ids in short.items())
    assert len(lists[-1]["unsure"]) == (30 if duplicates else 15)


def test_the_new_run_keeps_what_the_diagnosis_found(run, tmp_path):
    for name in ("selftest.json", "diagnosis.json"):
        (run.folder / "results" / name).write_text("{}", encoding="utf-8")
    before = contents(run.folder / "results")
    again = rank(run.folder, out=tmp_path / "again", diversity="cause")
    after = contents(again.folder / "results")
    for name in ("findings.parquet", "selftest.json", "diagnosis.json"):
        assert after[name] == before[name]
    assert contents(run.folder / "results") == before
    # So the new run can be ranked by cause, too.
    assert ids_of(rank(again.folder, out=tmp_path / "third", diversity="cause")) == ids_of(again)


def test_a_new_ranking_in_the_same_folder_has_no_findings(run):
    rows, labels = np.array(ROWS, np.float32), np.ones(len(ROWS), int)
    names = ["0", "1", "2"]
    new = rank(probabilities=rows, labels=labels, class_names=names, out=run.folder, force=True)
    with pytest.raises(RunError, match="has no findings yet"):
        _ = new.findings


def test_it_is_the_same_with_another_score_of_the_whole_set(run, tmp_path):
    rule = {"diversity": "cause", "count": 20, "wrong": "adjusted_self_confidence"}
    assert sorted(ids_of(rank(run.folder, out=tmp_path / "again", **rule))) == list("012345")


def test_without_findings_it_says_how_to_get_them(tmp_path):
    data, three = small_dataset(12), checksum_of(3)
    run = rank(three, data, out=tmp_path / "run")
    before = contents(tmp_path)
    with pytest.raises(RunError, match=r"no findings yet; .* hardex diagnose .*run --train DATA\."):
        rank(run.folder, out=tmp_path / "again", diversity="cause")
    saved = {"probabilities": three(data.images), "labels": data.labels}
    for arguments, received in (
        ({"model": three, "data": data}, "a model and data"),
        (saved, "saved probabilities"),
    ):
        told = rf"received {received}; .* run `hardex diagnose RUN --train DATA`, and then rank th"
        with pytest.raises(HardexError, match=told):
            rank(**arguments, out=tmp_path / "again", diversity="cause")
    assert contents(tmp_path) == before


def test_findings_about_other_examples_are_refused(run, tmp_path):
    diagnosed(run, {"3": "rare", "400": "rare"})
    with pytest.raises(RunError, match=r"must be about its examples; .* 1 of 2 findings are about"):
        rank(run.folder, out=tmp_path / "again", diversity="cause")
    assert not (tmp_path / "again").exists()


def test_if_nothing_was_diagnosed_both_lists_are_empty(run, tmp_path):
    diagnosed(run, {})
    made = rank(run.folder, out=tmp_path / "again", diversity="cause")
    assert (len(made.hard), made.metrics["lists"]["wrong"]["causes"]["total"]) == (0, 0)


def test_the_order_of_the_findings_does_not_matter(run, tmp_path):
    diagnosed(run, dict(reversed(CAUSES.items())))
    causes = causes_of(hardex.load(run.folder))
    assert causes.positions.tolist() == [0, 1, 2, 3, 4, 5, 7]
    by_name = dict(zip(CAUSES.values(), causes.numbers.tolist(), strict=True))
    assert causes.numbers.tolist() == [by_name[name] for name in CAUSES.values()]
    assert len(set(by_name.values())) == 3


@given(numbers=st.dictionaries(st.integers(0, 30), st.integers(0, 3), max_size=9))
def test_every_position_has_its_cause_or_none(numbers):
    positions = sorted(numbers)
    causes = Causes(np.array(positions, int), np.array([numbers[i] for i in positions], int))
    asked = np.arange(31)[::-1]
    assert causes.of(asked).tolist() == [numbers.get(i, -1) for i in asked.tolist()]
