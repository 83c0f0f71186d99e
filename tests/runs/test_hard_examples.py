import re
from dataclasses import replace

import numpy as np
import pytest
from fakes import checksum_of, small_images
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex import rank
from hardex.data.dataset import ArrayDataset
from hardex.images import read_image
from hardex.runs.hard_examples import _percent

LABELS = np.arange(12) % 3
WILD = [
    *("<script>alert(1)</script>", "../../etc/passwd", "Üñï 漢字 🐈", "x" * 300, "..", "", "-rf"),
    *("a,b", 'quo"te', "line\nbreak", "car\rriage", "\r\n", "tab\t", "\u202egnp.exe"),
    *("CON", "7", "None", "nan", "[/b]"),
]


class Wild(ArrayDataset):
    """Images whose ids are anything a manifest or a file system may hold."""

    def id(self, position):
        return f"{WILD[position % len(WILD)]}/{position}"

    def batches(self, size, shape):
        for batch in super().batches(size, shape):
            yield replace(batch, ids=tuple(map(self.id, batch.positions.tolist())))


@pytest.fixture(scope="module")
def wild(tmp_path_factory):
    names = WILD[:3]
    data = Wild.of(small_images(40), np.arange(40) % 3, class_names=names)
    return rank(checksum_of(3), data, out=tmp_path_factory.mktemp("wild") / "run", per_class=20)


def test_the_columns_are_those_of_the_design(wild):
    header = (wild.folder / "results/hard/metadata.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == ("file_name,id,list,rank,given_label,predicted_label,confidence,score,reason")
    assert list(wild.hard.columns) == header.split(",")


def test_file_names_are_safe_whatever_classes_and_ids_are_called(wild):
    names = wild.hard["file_name"].tolist()
    assert len(set(names)) == len(names) > 40
    for name in names:
        kind, file = name.split("/")
        assert kind in ("unsure", "wrong")
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,120}", file)
    on_disk = {
        p.relative_to(wild.folder / "results/hard").as_posix()
        for p in wild.folder.glob("results/hard/*/*")
    }
    assert on_disk == set(names)


def test_wild_names_and_ids_stay_the_text_they_are_in_both_tables(wild):
    ids = set(wild.predictions["id"])
    assert ids == {f"{WILD[i % len(WILD)]}/{i}" for i in range(40)}
    assert set(wild.hard["id"]) <= ids
    assert set(wild.hard["given_label"]) | set(wild.hard["predicted_label"]) <= set(WILD[:3])


def test_every_example_says_the_same_in_both_tables(wild):
    table = wild.predictions.set_index("id")
    for row in wild.hard.itertuples():
        other = table.loc[row.id]
        assert row.given_label == other["given_label"]
        assert row.predicted_label == other["predicted_label"]
        assert np.float32(row.confidence) == other["confidence"]
        formula = "least_confidence" if row.list == "unsure" else "loss"
        assert row.score == other[formula]


def test_every_picture_holds_the_pixels_of_its_example(wild):
    images = small_images(40)
    for row in wild.hard.itertuples():
        picture = read_image(wild.folder / "results/hard" / row.file_name)
        position = int(row.id.rsplit("/", 1)[1])
        np.testing.assert_array_equal(picture, images[position])
        np.testing.assert_array_equal(wild.image(row.id), images[position])


@pytest.mark.parametrize(
    "names", [("7", "None", "nan"), ("NA", "", "1e3"), ("true", "null", "0x1")]
)
def test_names_that_look_like_something_else_stay_text(tmp_path, names):
    data = ArrayDataset.of(small_images(12), LABELS, class_names=names)
    run = rank(checksum_of(3), data, out=tmp_path / "run")
    for table in (run.hard, run.predictions):
        assert set(table["given_label"]) == set(names)
        assert set(table["predicted_label"]) <= set(names)
    assert run.manifest.class_names == names
    assert [row["class"] for row in run.metrics["per_class"]] == list(names)


def test_a_reason_says_what_the_model_believes(tmp_path):
    rows = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05]])
    run = rank(
        probabilities=rows, labels=[0, 2], class_names=["cat", "dog", "cow"], out=tmp_path / "run"
    )
    reasons = {(row.list, row.id): row.reason for row in run.hard.itertuples()}
    assert reasons == {
        ("unsure", "0"): "torn between cat (70.0 %) and dog (20.0 %)",
        ("unsure", "1"): "torn between dog (90.0 %) and cow (5.0 %)",
        ("wrong", "1"): (
            "labelled cow, but the model says dog with 90.0 % and gives the label 5.0 %"
        ),
    }


def test_a_picture_is_named_by_rank_label_prediction_confidence_and_id(tmp_path):
    images = np.stack([np.full((2, 2, 1), value, np.uint8) for value in (110, 255)])
    data = ArrayDataset.of(images, np.array([1, 0]), class_names=["7", "1"])
    run = rank(
        lambda images: np.array([[0.57, 0.43], [0, 1]])[(images[:, 0, 0, 0] > 200).astype(int)],
        data,
        out=tmp_path / "run",
    )
    assert run.hard["file_name"].tolist() == [
        "unsure/0001_given-1_pred-7_conf-0.57_0.png",
        "unsure/0002_given-7_pred-1_conf-1.00_1.png",
        "wrong/0001_given-7_pred-1_conf-1.00_1.png",
        "wrong/0002_given-1_pred-7_conf-0.57_0.png",
    ]


tiny = st.floats(0, 1e-3)


@given(p=st.one_of(st.floats(0, 1), tiny, tiny.map(lambda p: 1 - p)))
def test_a_percentage_never_claims_a_certainty_that_is_not_there(p):
    text = _percent(p)
    assert (text == "100.0 %") == (p == 1)
    assert (text == "0.0 %") == (p == 0)


@settings(max_examples=20)
@given(data=st.data())
def test_a_certain_and_correct_example_is_never_in_the_wrong_list(tmp_path_factory, data):
    """Rows of exact zeros and ones among torn ones, in each of the three precisions."""
    count = data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rows = rng.random((count, 3))
    certain = rng.random(count) < 0.5
    rows[certain] = np.eye(3)[rng.integers(0, 3, certain.sum())]
    rows /= rows.sum(axis=1, keepdims=True)
    labels = rng.integers(0, 3, count)
    dtype = data.draw(st.sampled_from([np.float16, np.float32, np.float64]))
    run = rank(
        probabilities=rows.astype(dtype),
        labels=labels,
        out=tmp_path_factory.mktemp("certain") / "run",
        per_class=count,
        wrong=data.draw(st.sampled_from(["loss", "normalized_margin", "el2n"])),
    )
    wrong = run.hard[run.hard["list"] == "wrong"]
    predicted = rows.astype(dtype).astype(np.float32).argmax(axis=1)
    assert sorted(map(int, wrong["id"])) == np.flatnonzero(predicted != labels).tolist()
    assert (wrong["given_label"] != wrong["predicted_label"]).all()
    assert np.isfinite(run.hard["score"]).all()
