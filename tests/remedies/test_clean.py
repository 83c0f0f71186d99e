"""What people and findings say of training examples, and the new version of the data."""

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import checksum_of, small_dataset, write_folders
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError, RunError
from hardex.people.events import Annotation
from hardex.remedies.clean import as_many_at_random, changes_for
from hardex.remedies.new_version import write_lineage, write_version
from hardex.remedies.recipe import Clean
from hardex.runs.findings import FINDINGS, Finding, write_findings

NAMES = ("0", "1", "2")


@pytest.fixture
def run(tmp_path):
    return hardex.rank(checksum_of(3), small_dataset(40), out=tmp_path / "run")


def judged(run, *votes):
    for who, id, verdict, label in votes:
        run.annotations.add(Annotation(who, id, verdict, label))
    return run


def other(run, id):
    """A class that the example does not have."""
    return next(name for name in NAMES if name != run.given_label(id))


def test_people_relabel_by_their_consensus_and_remove_what_shows_nothing(run):
    new = other(run, "5")
    judged(
        run,
        *((who, "5", "wrong", new) for who in ("Ann", "Bob", "Cem")),
        *((who, "6", "bad_image", "") for who in ("Ann", "Bob")),
        ("Ann", "7", "wrong", other(run, "7")),  # alone
        ("Ann", "8", "wrong", other(run, "8")), ("Bob", "8", "right", ""),  # no consensus
        ("Ann", "9", "right", ""), ("Bob", "9", "right", ""),
    )  # fmt: skip
    relabelled = changes_for(Clean(), run, small_dataset(40), NAMES)
    assert [(one.id, one.label, one.who) for one in relabelled] == [("5", new, "Ann, Bob, Cem")]
    assert relabelled[0].why == f"3 of 3 annotators say {new}."
    removed = changes_for(Clean(action="remove"), run, small_dataset(40), NAMES)
    assert [(one.id, one.label) for one in removed] == [("5", ""), ("6", "")]
    alone = changes_for(Clean(votes=1), run, small_dataset(40), NAMES)
    assert [one.id for one in alone] == ["5", "7"]


def test_confident_findings_relabel_the_surest_first(run):
    found = [
        Finding(
            id=str(i), position=i, cause=cause, confidence=sure, given_label="0",
            suggested_label=label, why="w",
        )
        for i, (cause, sure, label) in enumerate(
            [("mislabelled", 0.85, "1"), ("rare", 0.99, None), ("mislabelled", 0.95, "2"),
             ("mislabelled", 0.7, "1"), ("mislabelled", 0.9, None)]
        )
    ]  # fmt: skip
    write_findings(run.folder / "results" / FINDINGS, found, ["mislabelled", "rare"])
    by = Clean(by="findings")
    changes = changes_for(by, run, small_dataset(40), NAMES)
    assert [(one.id, one.label) for one in changes] == [("2", "2"), ("0", "1")]
    removed = changes_for(Clean(by="findings", action="remove"), run, small_dataset(40), NAMES)
    assert [(one.id, one.label) for one in removed] == [("2", ""), ("4", ""), ("0", "")]
    with pytest.raises(RunError, match=r"names none with a confidence of 0\.99 or more"):
        changes_for(Clean(by="findings", confidence=0.99), run, small_dataset(40), NAMES)


def test_a_run_over_other_data_cleans_nothing(run):
    with pytest.raises(RunError, match="needs a run over the training data"):
        changes_for(Clean(), run, small_dataset(41), NAMES)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=40), st.data())
def test_as_many_of_each_class_are_removed_at_random(labels, data):
    labels = np.array(labels)
    stays = np.array(sorted(data.draw(st.sets(st.sampled_from(range(len(labels))), min_size=1))))
    left = as_many_at_random(labels, stays, np.random.default_rng(0))
    assert np.bincount(labels[left], minlength=4).tolist() == (
        np.bincount(labels[stays], minlength=4).tolist()
    )
    assert len(set(left)) == len(left)


def test_a_new_version_is_read_by_hardex_and_by_keras_and_files_keep_their_bytes(tmp_path):
    import keras

    write_folders(tmp_path / "old", ["cat/1.png", "cat/2.png", "dog/1.png", "dog/3.png"])
    old = open_dataset(tmp_path / "old")
    added = ArrayDataset.of(np.full((1, 4, 4, 1), 7, np.uint8), [1], class_names=["cat", "dog"])
    origins, positions = np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0])
    labels = np.array([0, 1, 1, 1])  # cat/2 is a dog now, and dog/3 is gone
    files = write_version(
        tmp_path / "new", [old, added], origins, positions, labels, ["cat", "dog", "none"]
    )
    assert files == ["cat/1.png", "dog/2.png", "dog/1.png", "dog/0.png"]
    assert (tmp_path / "new/dog/2.png").read_bytes() == (tmp_path / "old/cat/2.png").read_bytes()
    new = open_dataset(tmp_path / "new")
    assert new.class_names == ("cat", "dog") and np.bincount(new.labels).tolist() == [1, 3]
    images, classes = next(
        iter(
            keras.utils.image_dataset_from_directory(
                tmp_path / "new", color_mode="grayscale", image_size=(4, 4), verbose=False
            )
        )
    )
    assert images.shape == (4, 4, 4, 1) and sorted(classes.numpy().tolist()) == [0, 1, 1, 1]
    write_lineage(
        tmp_path / "lineage.json", old, [added], [], ["dog/9.png"], files, origins, command="fix"
    )
    lineage = json.loads((tmp_path / "lineage.json").read_text())
    assert lineage["from"] == {"name": str(tmp_path / "old"), "hash": old.fingerprint()}
    assert lineage["added"] == [{"from": "arrays in memory", "files": ["dog/0.png"]}]


def test_names_that_come_twice_are_told_apart(tmp_path):
    write_folders(tmp_path / "old", ["cat/1.png", "dog/1.png"])
    old = open_dataset(tmp_path / "old")
    rows = np.array([0, 1])
    files = write_version(
        tmp_path / "new", [old], np.zeros(2, int), rows, np.ones(2, int), ["cat", "dog"]
    )
    assert files == ["dog/1.png", "dog/1_0_1.png"]


@pytest.mark.parametrize("name", ["..", "a/../b", ".hidden", "a\\b", "what?"])
def test_a_class_that_can_be_no_folder_is_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="a name that a folder can have"):
        write_version(
            tmp_path / "new", [small_dataset(2)], np.zeros(2, int), np.arange(2),
            np.zeros(2, int), [name, "b", "c"],
        )  # fmt: skip
    assert not Path(tmp_path / "new").exists()
