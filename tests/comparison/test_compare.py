"""Which examples are compared, and the lists that are made of them."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import brightness, small_dataset, small_images, write_folders

import hardex
from hardex.comparison.compare import narrowed
from hardex.comparison.plain import as_json
from hardex.errors import HardexError, RunError
from hardex.people.events import Annotation

from .made_runs import NAMES, rows_of, run_of

LABELS = [0, 0, 1, 1, 2, 2]
OLD = [0, 1, 1, 0, 0, 1]  # right: 0, 2
NEW = [0, 0, 1, 2, 0, 2]  # right: 0, 1, 2, 5
THIRD = [1, 0, 1, 1, 0, 1]  # right: 1, 2, 3


@pytest.fixture
def three(tmp_path):
    answers = {"old": OLD, "new": NEW, "third": THIRD}
    return [run_of(tmp_path, name, one, LABELS) for name, one in answers.items()]


def test_the_lists_of_three_models_worked_by_hand(three):
    found = hardex.compare(*three)
    assert (found.runs, len(found), found.notes) == (("old", "new", "third"), 6, ())
    assert found.id_list("wrong_in_all") == ["4"]
    assert [found.id_list("only_wrong", run) for run in found.runs] == [["1"], [], ["0"]]
    assert [found.id_list("only_right", run) for run in found.runs] == [[], ["5"], ["3"]]
    assert found.id_list("repaired", "old", "new") == ["1", "5"]
    assert found.id_list("broken", "old", "third") == ["0"]
    assert found.id_list("disagree", "old", "new") == ["1", "3", "5"]
    assert found.id_list("both_wrong", "old", "new") == ["3", "4"]
    assert found.id_list("suspects") == ["4"]  # all say cat
    assert found.agreement.tolist() == [[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]
    assert found.both_wrong.tolist() == [[4, 2, 2], [2, 2, 1], [2, 1, 3]]
    assert found.error_overlap[1].tolist() == [1.0, 1.0, 0.5]
    (first, *_) = found.flips
    assert (first.repaired, first.broken, first.rate) == (2, 0, 0.0)


def test_a_list_is_counted_by_class_and_by_the_wrong_answer_of_most(three):
    found = hardex.compare(*three)
    every = np.arange(6)
    assert found.class_counts(every) == [("cat", 2), ("dog", 2), ("owl", 2)]
    assert found.pair_counts(np.array([3, 4])) == [("dog", "cat", 1), ("owl", "cat", 1)]
    assert found.pair_counts(np.array([5])) == [("owl", "dog", 1)]
    assert found.pair_counts(np.array([2])) == []  # all are right


def test_the_json_has_what_other_programs_rely_on(three):
    told = json.loads(json.dumps(as_json(hardex.compare(*three)), allow_nan=False))
    assert (told["schema"], told["runs"], told["examples"]) == (
        "hardex.compare/1", ["old", "new", "third"], 6,
    )  # fmt: skip
    assert told["wrong_in_all"] == ["4"] and told["only_wrong"]["third"] == ["0"]
    assert told["only_right"] == {"old": [], "new": ["5"], "third": ["3"]}
    flips = told["flips"][0]
    assert (flips["from"], flips["to"]) == ("old", "new")
    assert (flips["repaired"], flips["broken"]) == (["1", "5"], [])
    difference = told["differences"][0]
    assert (difference["a"], difference["b"], difference["p_mcnemar"]) == ("old", "new", 0.5)
    assert difference["difference"] == pytest.approx(2 / 6) and difference["p_holm"] == 1.0
    assert difference["low"] <= difference["difference"] <= difference["high"]
    assert told["suspects"] == [{"id": "4", "given": "owl", "predicted": "cat"}]


def test_the_table_has_a_row_per_example_with_the_answers_of_all(three):
    table = hardex.compare(*three).table
    assert list(table.columns)[:3] == ["id", "given_label", "wrong_runs"]
    row = table.iloc[4]
    assert (row["id"], row["given_label"], row["wrong_runs"]) == ("4", "owl", 3)
    assert row["predicted_label_new"] == "cat"
    assert row["confidence_new"] == pytest.approx(0.8)
    assert row["label_probability_new"] == pytest.approx(0.1)


def test_some_runs_of_a_comparison_are_compared_as_if_alone(three):
    whole = hardex.compare(*three)
    some = narrowed(whole, ["third", "old"])
    alone = hardex.compare(three[2], three[0])
    assert as_json(some) | {"made_from": 0} == as_json(alone) | {"made_from": 0}
    np.testing.assert_array_equal(some.positions, alone.positions)
    assert narrowed(whole, whole.runs) is whole
    for runs in (["old"], ["old", "old"], ["old", "other"]):
        with pytest.raises(RunError):
            narrowed(whole, runs)


def test_the_same_comparison_gives_the_same_intervals(three):
    assert hardex.compare(*three).differences == hardex.compare(*three).differences


# ------------------------------------------------------------------ which examples are the same


def test_classes_in_another_order_are_matched_by_name(tmp_path):
    one = run_of(tmp_path, "one", OLD, LABELS)
    other = run_of(tmp_path, "other", OLD, LABELS, order=("owl", "cat", "dog"))
    found = hardex.compare(one, other)
    assert "other has its classes in another order; they were matched by name." in found.notes
    np.testing.assert_array_equal(found.predicted[0], found.predicted[1])
    np.testing.assert_allclose(found.label_probability[0], found.label_probability[1])


def test_arrays_in_another_order_are_matched_by_their_pixels(tmp_path):
    images = small_images(6)
    turned = np.array([3, 0, 5, 1, 4, 2])
    one = run_of(tmp_path, "one", OLD, LABELS, images=images)
    labels, answers = np.array(LABELS)[turned], np.array(NEW)[turned]
    other = run_of(tmp_path, "other", answers, labels, images=images[turned])
    found = hardex.compare(one, other)
    np.testing.assert_array_equal(found.predicted, [OLD, NEW])
    np.testing.assert_array_equal(turned[found.positions[1]], found.positions[0])
    assert "matched by their pixels (5 of them in another row)" in found.notes[0]


def test_equal_pictures_are_matched_one_to_one(tmp_path):
    images = np.repeat(small_images(3), 2, axis=0)
    one = run_of(tmp_path, "one", OLD, LABELS, images=images)
    other = run_of(tmp_path, "other", NEW, [0, 0, 1, 1, 2, 0], images=images)
    found = hardex.compare(one, other)
    np.testing.assert_array_equal(found.predicted, [OLD, NEW])


def test_positions_of_data_that_is_gone_are_no_evidence(tmp_path):
    one = run_of(tmp_path, "one", OLD, LABELS)
    other = run_of(tmp_path, "other", NEW, LABELS, images=small_images(6, seed=1))
    (tmp_path / "other-data.npz").unlink()
    with pytest.raises(RunError, match=r"only positions and their data differs.*put the data back"):
        hardex.compare(one, other)


def test_other_pictures_have_nothing_in_common(tmp_path):
    one = run_of(tmp_path, "one", OLD, LABELS)
    other = run_of(tmp_path, "other", NEW, LABELS, images=small_images(6, seed=1))
    with pytest.raises(RunError, match=r"none in common \(one 6, other 6\)"):
        hardex.compare(one, other)


def test_labels_of_the_first_run_count_and_the_probability_is_that_of_its_label(tmp_path):
    one = run_of(tmp_path, "one", OLD, LABELS)
    relabelled = [0, 0, 1, 1, 2, 0]
    rows = rows_of(NEW)
    rows[5] = (0.2, 0.1, 0.7)
    other = run_of(tmp_path, "other", None, relabelled, rows=rows)
    found = hardex.compare(one, other)
    assert any("1 example of other has another label than in one" in it for it in found.notes)
    assert found.given.tolist() == LABELS and found.right[1, 5]
    assert found.label_probability[1, 5] == pytest.approx(0.7)


def saved(folder, name, answers, labels):
    return hardex.rank(
        probabilities=rows_of(answers), labels=np.array(labels), out=folder / name, per_class=1
    )


def test_saved_rows_without_images_need_the_same_labels(tmp_path):
    one, other = saved(tmp_path, "one", OLD, LABELS), saved(tmp_path, "other", NEW, LABELS)
    found = hardex.compare(one, other)
    assert "row by row" in found.notes[0] and found.id_list("repaired", "one", "other")
    with pytest.raises(RunError, match="the same labels in the same order"):
        hardex.compare(one, saved(tmp_path, "third", NEW, [0, 1, 1, 1, 2, 2]))


def test_files_are_matched_by_path_and_the_overlap_is_said(tmp_path):
    files = [f"{name}/{n}.png" for name in ("dark", "light") for n in range(4)]
    whole = write_folders(tmp_path / "whole", files)
    part = tmp_path / "part"
    shutil.copytree(whole, part)
    (part / "light/2.png").unlink()
    one = hardex.rank(brightness, whole, out=tmp_path / "one")
    other = hardex.rank(brightness, part, out=tmp_path / "other")
    found = hardex.compare(one, other)
    assert len(found) == 7 and "light/2.png" not in found.table["id"].tolist()
    said = " ".join(found.notes)
    assert "Compared are the 7 examples that all runs have; of all, one 8, other 7." in said
    assert any("of different data; examples were matched by id" in note for note in found.notes)


def test_other_pictures_under_the_same_paths_are_refused(tmp_path):
    files = [f"{name}/{n}.png" for name in ("dark", "light") for n in range(2)]
    one = hardex.rank(brightness, write_folders(tmp_path / "a", files), out=tmp_path / "one")
    folder = write_folders(tmp_path / "b", files, size=5)
    other = hardex.rank(brightness, folder, out=tmp_path / "other")
    with pytest.raises(RunError, match="hold 4 pictures under the same ids, and 4 differ"):
        hardex.compare(one, other)


def test_a_model_that_lacks_a_class_never_predicts_it(tmp_path):
    one = run_of(tmp_path, "one", OLD, LABELS)
    few = run_of(tmp_path, "few", [0, 1], [0, 1], names=NAMES[:2], order=NAMES[:2],
                 images=small_images(6)[:2])  # fmt: skip
    found = hardex.compare(one, few)
    assert "few has no class owl, so its model never predicts it." in found.notes
    assert any("No example has one of the given classes dog, owl" in note for note in found.notes)
    assert found.given.tolist() == [0, 0]  # the second has another label in the first run
    assert found.label_probability[1].tolist() == pytest.approx([0.8, 0.2])


# ------------------------------------------------------------------ what is refused


def test_two_to_twenty_different_runs_are_compared(tmp_path, three):
    for runs in ((), three[:1], [three[0]] * 21):
        with pytest.raises(RunError, match=f"needs 2 to 20 runs; received {len(runs)}"):
            hardex.compare(*runs)
    with pytest.raises(RunError, match="is there twice"):
        hardex.compare(three[0], tmp_path / "new" / ".." / "old")
    with pytest.raises(RunError, match=r"a run is a folder with manifest\.json"):
        hardex.compare(three[0], tmp_path)


def test_one_model_twice_is_said(tmp_path):
    data = small_dataset()
    one = hardex.rank(brightness_of_three, data, out=tmp_path / "a")
    other = hardex.rank(brightness_of_three, data, out=tmp_path / "b", per_class=1)
    assert "a and b are of the same model and the same data" in hardex.compare(one, other).notes[0]


def brightness_of_three(images):
    two = brightness(images)
    return np.concatenate([two[:, :1] / 2, two[:, :1] / 2, two[:, 1:]], axis=1)


def test_runs_of_the_same_folder_name_are_told_apart(tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    one = run_of(tmp_path / "x", "run", OLD, LABELS)
    other = run_of(tmp_path / "y", "run", NEW, LABELS)
    found = hardex.compare(one, other)
    assert found.runs == ("x/run", "y/run")
    assert "Runs with the same folder name are called x/run, y/run." in found.notes


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"positive": "cow"}, "must be one of the 3 classes"),
        ({"sensitivity": 0.9}, "add --positive CLASS"),
        ({"positive": "cat", "sensitivity": 0.0}, "above 0 and at most 1"),
        ({"out": "table.txt"}, ".parquet or .csv file"),
    ],
)
def test_options_that_make_no_sense(three, asked, why):
    with pytest.raises(HardexError, match=why):
        hardex.compare(*three, **asked)


def test_a_damaged_table_is_one_sentence(three):
    path = three[1].folder / "results/predictions.parquet"
    table = pq.read_table(path)
    for column, value in (("predicted_index", 9), ("loss", np.nan), ("id", "0")):
        at = table.schema.get_field_index(column)
        bad = table.column(column).to_pylist()
        bad[1] = value
        field = table.schema.field(at)
        pq.write_table(table.set_column(at, field, pa.array(bad, field.type)), path)
        if column == "id":
            hardex.compare(*three)  # the second of the two is not found
            with pytest.raises(RunError, match="two of new share one"):
                hardex.compare(three[1], three[0])
        else:
            with pytest.raises(RunError, match="must be as hardex wrote them"):
                hardex.compare(*three)


# ------------------------------------------------------------------ one class


def test_one_class_against_the_rest(three):
    found = hardex.compare(*three, positive="owl", sensitivity=1.0)
    assert found.ids.at(found.missed("old")) == ["4", "5"]
    assert found.ids.at(found.alarms("new")) == ["3"]
    (old, new, _) = found.of_class
    assert (new.figures.found, new.figures.missed, new.figures.alarms) == (1, 1, 1)
    assert old.figures.as_dict()["sensitivity"]["value"] == 0
    assert new.chosen["threshold"] == pytest.approx(0.1)
    told = as_json(found)["positive"]
    assert told["class"] == "owl" and told["runs"]["old"]["missed"] == ["4", "5"]
    assert as_json(hardex.compare(*three))["positive"] is None


# ------------------------------------------------------------------ the saved table


def test_a_saved_table_comes_back_and_says_when_it_is_stale(three, tmp_path):
    path = tmp_path / "table.parquet"
    found = hardex.compare(*three, out=path)
    saved = hardex.read_comparison(path)
    assert (saved.runs, saved.is_stale) == (found.runs, False)
    assert saved.table.astype(str).equals(found.table.astype(str))
    three[0].annotations.add(Annotation("Anna", "1", "right"))
    assert hardex.read_comparison(path).changes == ("people have annotated old since",)
    manifest = three[1].folder / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    shutil.rmtree(three[2].folder)
    _, again, gone = hardex.read_comparison(path).changes
    assert again == "the run new was ranked again" and gone.startswith("the run third is no longer")


def test_annotations_that_cannot_be_read_hinder_no_comparison(three, tmp_path):
    (three[0].folder / "people").mkdir()
    (three[0].folder / "people/annotations.sqlite").write_text("nothing")
    found = hardex.compare(*three, out=tmp_path / "table.parquet")
    assert [one.annotations for one in found.origins] == [-1, 0, 0]
    assert not hardex.read_comparison(tmp_path / "table.parquet").is_stale


def test_a_table_is_never_replaced_by_accident(three, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("mine")
    with pytest.raises(RunError, match="pass --force"):
        hardex.compare(*three, out=path)
    assert path.read_text() == "mine"
    hardex.compare(*three, out=path, force=True)
    assert path.read_text().startswith("id,given_label,wrong_runs,predicted_label_old")
    with pytest.raises(RunError, match="existing folder"):
        hardex.compare(*three, out=tmp_path / "nowhere/table.csv")
    assert not list(tmp_path.glob(".*partial*"))


def test_no_cell_of_the_csv_is_a_formula(tmp_path):
    names = ("=1+1", "@a", "b")
    runs = [
        run_of(tmp_path, one, answers, LABELS, names=names, order=names)
        for one, answers in (("one", OLD), ("two", NEW))
    ]
    hardex.compare(*runs, out=tmp_path / "table.csv")
    cells = (tmp_path / "table.csv").read_text().replace("\n", ",").split(",")
    assert "'=1+1" in cells and not [cell for cell in cells if cell.startswith(("=", "@"))]


def test_what_is_no_saved_comparison_is_refused(three, tmp_path):
    (tmp_path / "text.parquet").write_text("nothing")
    for path in (
        tmp_path / "text.parquet",
        tmp_path / "nothing.parquet",
        three[0].folder / "results/predictions.parquet",
    ):
        with pytest.raises(RunError, match="a saved comparison must be as hardex compare --out"):
            hardex.read_comparison(path)
