"""Exports of small runs: in the format of each tool, whole, and only over their own kind."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from fakes import contents, diagnosed

import hardex
from hardex.images import read_image
from hardex.people.events import Annotation
from hardex.reporting.exports.export import NOTE, TOOLS
from tests.app.fake_runs import HOSTILE, run_without_images, small_run

OF_PICTURES = ("imagefolder", "fiftyone", "label-studio")


@pytest.fixture
def run(tmp_path):
    """With hostile class names, a finding, and one answer of an annotator."""
    made, _ = small_run(
        tmp_path, class_count=len(HOSTILE), names=list(HOSTILE), count=60, per_class=2
    )
    diagnosed(made, {made.hard.id[0]: "rotation"})
    made.annotations.add(Annotation("anna", made.hard.id[0], "right", said="", shown="label"))
    return made


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_imagefolder_holds_pictures_and_what_is_known(run, tmp_path):
    found = hardex.export(run, "imagefolder", out=tmp_path / "out")
    rows = lines_of(tmp_path / "out" / "metadata.jsonl")
    assert found.examples == len(rows) == run.hard.id.nunique()
    first = rows[0]
    assert (first["id"], first["cause"], first["consensus"]) == (
        run.hard.id[0], "rotation", first["label"],
    )  # fmt: skip
    for row in rows:
        assert row["label"] == run.given_label(row["id"])
        pixels = read_image(tmp_path / "out" / row["file_name"])
        assert np.array_equal(pixels, run.image(row["id"]))
    assert {type(row[name]) for row in rows for name in row} == {str, float}


def test_hugging_face_opens_an_imagefolder(run, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    hardex.export(run, "imagefolder", out=tmp_path / "out")
    opened = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "c")
    )
    assert opened[0]["id"] == run.hard.id[0] and opened[0]["image"].size == (6, 6)


def test_fiftyone_gets_labels_as_numbers_of_classes(run, tmp_path):
    hardex.export(run, "fiftyone", out=tmp_path / "out", list="wrong")
    given = json.loads((tmp_path / "out" / "labels.json").read_text(encoding="utf-8"))
    predicted = json.loads((tmp_path / "out" / "predictions.json").read_text(encoding="utf-8"))
    assert given["classes"] == predicted["classes"] == list(HOSTILE)
    stems = {path.stem for path in (tmp_path / "out" / "data").iterdir()}
    assert stems == set(given["labels"]) == set(predicted["labels"])
    for name, one in given["labels"].items():
        row = run.row(one["attributes"]["hardex_id"])
        assert int(name) == row["position"] and one["label"] == row["given_index"]
        answer = predicted["labels"][name]
        assert answer == {
            "label": row["predicted_index"], "confidence": pytest.approx(row["confidence"]),
        }  # fmt: skip
        assert one["attributes"]["lists"].count("wrong") == 1


def test_fiftyone_opens_an_export(run, tmp_path):
    importers = pytest.importorskip("fiftyone.utils.data.importers")  # which needs no database
    hardex.export(run, "fiftyone", out=tmp_path / "out")
    for labels, column in (("labels.json", "given"), ("predictions.json", "predicted")):
        kind = importers.FiftyOneImageClassificationDatasetImporter
        with kind(dataset_dir=str(tmp_path / "out"), labels_path=labels) as opened:
            rows = {int(Path(path).stem): label.label for path, _, label in opened}
        known = run.predictions.set_index("position")[f"{column}_label"]
        assert rows == known[list(rows)].to_dict() and len(rows) == run.hard.id.nunique()


def test_label_studio_gets_tasks_that_fit_its_setup(run, tmp_path):
    hardex.export(run, "label-studio", out=tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    setup = ElementTree.parse(tmp_path / "out" / "setup.xml").getroot()
    choices = {one.get("value") for one in setup.iter("Choice")}
    assert sorted(task["data"]["id"] for task in tasks) == sorted(set(run.hard.id))
    for task in tasks:
        (prediction,) = task["predictions"]
        (result,) = prediction["result"]
        assert result["from_name"] == setup.find("Choices").get("name")
        assert result["to_name"] == setup.find("Choices").get("toName")
        assert set(result["value"]["choices"]) <= choices
        assert 0 <= prediction["score"] <= 1
        assert task["data"]["image"].startswith("data:image/png;base64,")


def test_label_studio_finds_its_tasks_valid(run, tmp_path):
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    hardex.export(run, "label-studio", out=tmp_path / "out")
    checker = interface.LabelInterface((tmp_path / "out" / "setup.xml").read_text("utf-8"))
    for task in json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8")):
        assert checker.validate_task({"data": task["data"]})
        assert all(checker.validate_prediction(one) for one in task["predictions"])


def test_what_people_answer_in_label_studio_comes_back(run, tmp_path):
    hardex.export(run, "label-studio", out=tmp_path / "out", list="wrong")
    path = tmp_path / "out" / "tasks.json"
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    made = {
        "result": task["predictions"][0]["result"],
        "completed_by": {"email": "ben@example.org"},
        "created_at": "2026-01-02T03:04:05Z",
    }
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps([{**task, "annotations": [made]}]), encoding="utf-8")
    assert hardex.import_annotations(run, answers).stored == 1
    (event,) = run.annotations.by("ben@example.org")
    assert (event.verdict, event.new_label) == ("wrong", task["data"]["predicted_label"])


def test_cleanlab_gets_arrays_in_the_order_of_the_examples(run, tmp_path):
    found = hardex.export(run, "cleanlab", out=tmp_path / "out")
    labels = np.load(tmp_path / "out" / "labels.npy", allow_pickle=False)
    rows = np.load(tmp_path / "out" / "pred_probs.npy", allow_pickle=False)
    assert found.examples == len(labels) == len(rows) == 60
    assert labels.tolist() == run.predictions.given_index.tolist()
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(rows, np.stack(run.predictions.probabilities), atol=1e-6)
    names = json.loads((tmp_path / "out" / "class_names.json").read_text(encoding="utf-8"))
    assert names == list(HOSTILE)
    with (tmp_path / "out" / "examples.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == run.predictions.id.tolist()


def test_tables_of_several_row_groups_keep_their_order(tmp_path):
    p = np.random.default_rng(0).dirichlet((1, 1), 9_000)
    labels = np.arange(9_000) % 2
    run = hardex.rank(probabilities=p, labels=labels, out=tmp_path / "run")
    hardex.export(run, "cleanlab", out=tmp_path / "out")
    np.testing.assert_allclose(np.load(tmp_path / "out" / "pred_probs.npy"), p, atol=1e-6)
    assert np.load(tmp_path / "out" / "labels.npy").tolist() == labels.tolist()
    hardex.export(run, "parquet", out=tmp_path / "out.parquet")
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["position"].tolist() == list(range(9_000))
    assert table["unsure_rank"].notna().sum() == (run.hard["list"] == "unsure").sum()


def test_cleanlab_opens_its_arrays(run, tmp_path):
    filters = pytest.importorskip("cleanlab.filter")
    hardex.export(run, "cleanlab", out=tmp_path / "out")
    arrays = (np.load(tmp_path / "out" / f"{name}.npy") for name in ("labels", "pred_probs"))
    assert len(filters.find_label_issues(*arrays, n_jobs=1)) == 60


def test_one_table_holds_everything(run, tmp_path):
    hardex.export(run, "parquet", out=tmp_path / "out.parquet")
    table = pd.read_parquet(tmp_path / "out.parquet")
    known = run.predictions
    pd.testing.assert_frame_equal(table[known.columns], known)
    wrong = run.hard[run.hard["list"] == "wrong"].set_index("id")["rank"]
    ranks = table.set_index("id")["wrong_rank"].dropna()
    assert ranks.to_dict() == wrong.to_dict()
    first = table.set_index("id").loc[run.hard.id[0]]
    assert (first["cause"], first["consensus"]) == ("rotation", first["given_label"])
    assert table["cause"].notna().sum() == 1


@pytest.mark.parametrize("to", TOOLS)
def test_an_export_is_whole_or_absent_and_replaces_only_its_own_kind(run, tmp_path, to):
    out = tmp_path / "out"
    out.mkdir() if to != "parquet" else out.write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(hardex.RunError, match="pass --force to replace it"):
        hardex.export(run, to, out=out)
    if to != "parquet":
        (out / "letter.txt").write_text("mine")
        with pytest.raises(hardex.RunError, match=f"has a file {NOTE}; .* has none"):
            hardex.export(run, to, out=out, force=True)
        (out / "letter.txt").unlink()
        assert contents(tmp_path) == before
        out.rmdir()
        hardex.export(run, to, out=out)
    hardex.export(run, to, out=out, force=True)
    again = contents(out) if out.is_dir() else out.read_bytes()
    hardex.export(run, to, out=out, force=True)
    assert again == (contents(out) if out.is_dir() else out.read_bytes())
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


@pytest.mark.parametrize("to", TOOLS)
def test_a_run_that_cannot_be_read_leaves_nothing(run, tmp_path, to):
    table = run.folder / "results" / "predictions.parquet"
    table.write_bytes(b"PAR1" * 9)
    before = set(tmp_path.iterdir())
    with pytest.raises(hardex.RunError):
        hardex.export(hardex.load(run.folder), to, out=tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_without_pictures_only_tables_and_tasks_are_left(tmp_path):
    run = run_without_images(tmp_path)
    with pytest.raises(hardex.RunError, match="this export needs pictures, and no example"):
        hardex.export(run, "imagefolder", out=tmp_path / "out")
    hardex.export(run, "label-studio", out=tmp_path / "out")
    task = json.loads((tmp_path / "out" / "tasks.json").read_text())[0]
    assert task["data"]["image"] == task["data"]["id"]


def test_a_picture_that_is_gone_is_counted(run, tmp_path):
    first = run.hard.id[0]
    (tmp_path / "data.npz").unlink()
    for path in (run.folder / "results" / "hard").rglob("*.png"):
        if path == run.pictures[first] or path.stem.endswith(f"_{first}"):
            path.unlink()
    found = hardex.export(hardex.load(run.folder), "imagefolder", out=tmp_path / "out")
    assert (found.left_out, found.first_left_out) == (1, first)


@pytest.mark.parametrize(
    ("to", "options", "why"),
    [
        ("excel", {}, "one of imagefolder, fiftyone, label-studio, cleanlab, parquet"),
        ("fiftyone", {"list": "bad"}, "--list must be one of all, hard, unsure, wrong"),
        ("parquet", {"list": "hard"}, "holds all examples; received --list hard"),
    ],
)
def test_what_cannot_be_exported_is_said(run, to, options, why):
    with pytest.raises(hardex.RunError, match=why):
        hardex.export(run, to, **options)
