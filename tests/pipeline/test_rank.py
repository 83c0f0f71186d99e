import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes import checksum_of, contents, small_dataset, small_images, write_folders
from hypothesis import given, settings
from hypothesis import strategies as st

import hardex
from hardex import DatasetError, HardexError, rank
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.errors import ClassifierError
from hardex.images import read_image
from hardex.ranking.scores import FORMULAS, SCORES, UNSURE_SCORES, WRONG_SCORES

DATA = small_dataset(40)
THREE = checksum_of(3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return rank(THREE, DATA, out=tmp_path_factory.mktemp("make") / "run", per_class=4)


def test_a_run_holds_exactly_the_files_of_the_design(run):
    top = sorted(path.name for path in run.folder.iterdir())
    assert top == ["manifest.json", "results"]
    results = sorted(path.name for path in (run.folder / "results").iterdir())
    assert results == [
        *("confusion.csv", "hard", "metrics.json", "predictions.parquet", "skipped.csv"),
    ]
    hard = sorted(path.name for path in (run.folder / "results/hard").iterdir())
    assert hard == ["metadata.csv", "unsure", "wrong"]


def test_what_is_given_back_is_what_is_loaded(run):
    loaded = hardex.load(run.folder)
    assert loaded.manifest == run.manifest
    assert loaded.hard.equals(run.hard)


def test_the_lists_are_those_of_sorting_everything(run):
    """The naive way: per class, everything sorted by score and position; then rank by rank."""
    p = THREE(DATA.images).astype(np.float32)
    predicted = p.argmax(axis=1)
    for name, formula, among in (
        ("unsure", "least_confidence", np.ones(40, bool)),
        ("wrong", "loss", predicted != DATA.labels),
    ):
        scores = SCORES[formula](p, DATA.labels)
        rows = []
        for label in range(3):
            members = np.flatnonzero(among & (DATA.labels == label))
            best = sorted(members.tolist(), key=lambda i: (-scores[i], i))[:4]
            rows += [(turn, -scores[i], i) for turn, i in enumerate(best)]
        table = run.hard[run.hard["list"] == name]
        assert table["id"].tolist() == [str(i) for *_, i in sorted(rows)]
        assert table["rank"].tolist() == list(range(1, len(table) + 1))


@pytest.mark.parametrize("size", [1, 7, 39, 40, 512])
def test_batching_never_changes_a_table(tmp_path, run, size):
    other = rank(THREE, DATA, out=tmp_path / "run", per_class=4, batch_size=size)
    for name in ("hard/metadata.csv", "metrics.json", "confusion.csv", "skipped.csv"):
        first, second = (folder / "results" / name for folder in (run.folder, other.folder))
        assert first.read_bytes() == second.read_bytes()
    tables = [pq.read_table(r.folder / "results/predictions.parquet") for r in (run, other)]
    assert tables[0].equals(tables[1])
    assert other.manifest.batch_size == size


def test_the_same_run_made_twice_is_the_same(tmp_path, run):
    other = rank(THREE, DATA, out=tmp_path / "run", per_class=4)
    assert contents(run.folder / "results") == contents(other.folder / "results")


def test_saved_probabilities_give_the_run_of_the_model(tmp_path, run):
    np.save(tmp_path / "p.npy", THREE(DATA.images))
    np.save(tmp_path / "y.npy", DATA.labels)
    saved = rank(
        probabilities=tmp_path / "p.npy",
        labels=tmp_path / "y.npy",
        out=tmp_path / "saved",
        per_class=4,
    )
    with_images = rank(
        data=DATA, probabilities=tmp_path / "p.npy", out=tmp_path / "with", per_class=4
    )
    assert contents(with_images.folder / "results") == contents(run.folder / "results")
    assert saved.predictions.equals(run.predictions)
    columns = ["id", "list", "rank", "given_label", "predicted_label", "score", "reason"]
    assert saved.hard[columns].equals(run.hard[columns])
    assert set(saved.hard["file_name"]) == {""}
    assert (saved.manifest.data, saved.manifest.model) == (None, None)


def test_double_precision_makes_no_error_that_the_table_does_not_show(tmp_path):
    def nearly_a_tie(images):
        return np.tile([0.5 - 1e-12, 0.5 + 1e-12], (len(images), 1))

    data = ArrayDataset.of(small_images(4), np.array([0, 1, 0, 1]))
    made = rank(nearly_a_tie, data, out=tmp_path / "run")
    wrong = made.predictions["given_label"] != made.predictions["predicted_label"]
    listed = made.hard[made.hard["list"] == "wrong"]["id"]
    assert sorted(listed) == sorted(made.predictions[wrong]["id"])
    assert made.manifest.counts["wrong"] == wrong.sum()


@settings(max_examples=15)
@given(data=st.data())
def test_the_counts_agree_with_the_table(tmp_path_factory, data):
    k = data.draw(st.integers(2, 5))
    count = data.draw(st.integers(1, 40))
    images = small_dataset(count, class_count=k, seed=data.draw(st.integers(0, 99)))
    made = rank(
        checksum_of(k),
        images,
        out=tmp_path_factory.mktemp("counts") / "run",
        per_class=data.draw(st.integers(1, 5)),
    )
    table, counts, metrics = made.predictions, made.manifest.counts, made.metrics
    wrong = int((table["given_index"] != table["predicted_index"]).sum())
    assert (counts["examples"], counts["wrong"], counts["skipped"]) == (count, wrong, 0)
    assert (metrics["examples"], metrics["wrong"]) == (count, wrong)
    assert metrics["accuracy"]["value"] == pytest.approx(1 - wrong / count)
    for name in ("unsure", "wrong"):
        assert counts[f"{name}_list"] == (made.hard["list"] == name).sum()
    with (made.folder / "results/confusion.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[1:] == [row[0] for row in rows] == list(images.class_names)
    for row in rows:
        for predicted, cell in zip(header[1:], row[1:], strict=True):
            pair = (table["given_label"] == row[0]) & (table["predicted_label"] == predicted)
            assert int(cell) == pair.sum()


def test_a_class_with_fewer_examples_than_asked_for_gives_fewer_rows(tmp_path):
    rows = np.tile([0.6, 0.4], (5, 1))
    made = rank(probabilities=rows, labels=[0, 0, 0, 0, 1], out=tmp_path / "run", per_class=3)
    unsure = made.hard[made.hard["list"] == "unsure"]
    assert unsure["id"].tolist() == ["0", "4", "1", "2"]
    assert made.hard[made.hard["list"] == "wrong"]["id"].tolist() == ["4"]


@pytest.mark.parametrize("diversity", ["class", "none"])
@pytest.mark.parametrize("choice", [{"count": 5}, {"per_class": 2}])
def test_a_shorter_list_begins_a_longer_one(tmp_path, diversity, choice):
    more = {name: number + 3 for name, number in choice.items()}
    short = rank(THREE, DATA, out=tmp_path / "a", diversity=diversity, **choice).hard
    long = rank(THREE, DATA, out=tmp_path / "b", diversity=diversity, **more).hard
    for name in ("unsure", "wrong"):
        first, second = (table[table["list"] == name]["id"].tolist() for table in (short, long))
        assert len(first) == choice.get("count", 6)
        assert second[: len(first)] == first


def test_without_diversity_the_hardest_come_first(tmp_path):
    made = rank(THREE, DATA, out=tmp_path / "run", count=9, diversity="none")
    for _, table in made.hard.groupby("list"):
        assert table["score"].is_monotonic_decreasing


@pytest.mark.parametrize("unsure", UNSURE_SCORES)
@pytest.mark.parametrize("wrong", WRONG_SCORES)
def test_each_list_is_ordered_by_the_score_asked_for(tmp_path, unsure, wrong):
    made = rank(THREE, DATA, out=tmp_path / "run", unsure=unsure, wrong=wrong)
    table = made.predictions.set_index("id")
    for row in made.hard.itertuples():
        assert row.score == table.loc[row.id, unsure if row.list == "unsure" else wrong]
    assert (made.manifest.rule["unsure"], made.manifest.rule["wrong"]) == (unsure, wrong)


def test_the_manifest_says_how_to_make_the_run_again(tmp_path):
    folder = write_folders(tmp_path / "images", ["cat/1.png", "cat/2.png", "dog/1.png"])
    made = rank(checksum_of(2), folder, out=tmp_path / "run", seed=7, command="hardex rank …")
    manifest = made.manifest
    assert manifest.data.name == manifest.data.path == str(folder)
    assert manifest.data.hash == open_folders(folder).fingerprint()
    assert manifest.model.name.startswith("fakes:checksum_of")
    assert (manifest.class_names, manifest.seed) == (("cat", "dog"), 7)
    assert (manifest.command, manifest.preprocess) == ("hardex rank …", "raw")
    assert manifest.rule == {
        **{"per_class": 2, "count": None, "diversity": "class"},
        **{"unsure": "least_confidence", "wrong": "loss"},
        **{"pool": 2000, "allow_duplicates": False},
    }
    assert manifest.formulas == FORMULAS
    assert manifest.resize


def test_ids_and_file_names_of_folders_are_paths_and_pictures_have_their_native_size(tmp_path):
    folder = write_folders(tmp_path / "images", ["cat/2.png", "cat/10.png", "dog/a/1.png"], size=6)
    made = rank(checksum_of(2), folder, out=tmp_path / "run")
    ids = ["cat/2.png", "cat/10.png", "dog/a/1.png"]
    assert made.predictions["id"].tolist() == made.predictions["file_name"].tolist() == ids
    for row in made.hard.itertuples():
        np.testing.assert_array_equal(made.image(row.id), read_image(folder / row.id))


@pytest.fixture
def half_broken(tmp_path):
    folder = write_folders(tmp_path / "images", [f"{c}/{i}.png" for c in "ab" for i in range(4)])
    (folder / "a/1.png").write_text("no image")
    (folder / "b/0.png").write_bytes(b"")
    return folder


def test_files_that_cannot_be_read_are_listed_and_counted(tmp_path, half_broken):
    made = rank(checksum_of(2), half_broken, out=tmp_path / "run")
    with (made.folder / "results/skipped.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", "reason"]
    assert [row[0] for row in rows] == ["a/1.png", "b/0.png"]
    assert all("cannot read the image" in row[1] for row in rows)
    assert (made.manifest.counts["examples"], made.manifest.counts["skipped"]) == (6, 2)
    assert made.predictions["position"].tolist() == [0, 2, 3, 5, 6, 7]


def test_strict_makes_a_file_that_cannot_be_read_an_error(tmp_path, half_broken):
    kept = contents(tmp_path)
    with pytest.raises(DatasetError, match=r"--strict .* 2 of 8 are not, the first is a/1\.png \("):
        rank(checksum_of(2), half_broken, out=tmp_path / "run", strict=True)
    assert contents(tmp_path) == kept
    sound = write_folders(tmp_path / "sound", ["a/1.png", "b/1.png"])
    rank(checksum_of(2), sound, out=tmp_path / "run", strict=True)


def test_nothing_but_unreadable_files_is_an_error(tmp_path):
    for name in ("a/1.png", "b/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True)
        (tmp_path / "images" / name).write_text("no image")
    with pytest.raises(
        DatasetError, match=r"at least one image must be readable; none of the 2 of .* is; the"
    ):
        rank(checksum_of(2), tmp_path / "images", out=tmp_path / "run")


def test_the_progress_begins_at_none_and_ends_at_all(tmp_path):
    told = []
    rank(
        THREE,
        DATA,
        out=tmp_path / "run",
        batch_size=16,
        progress=lambda stage, done, total: told.append((done, total)),
    )
    assert told == [(0, 40), (16, 40), (32, 40), (40, 40)]


def stops_at(done_when_stopped, stop):
    def progress(stage, done, total):
        if done == done_when_stopped:
            raise stop

    return {"progress": progress}


def stops_in_the_classifier(stop):
    calls = []

    def classifier(images):
        calls.append(len(images))
        if len(calls) >= 3:  # what broke stays broken
            raise stop
        return THREE(images)

    return {"model": classifier}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError("the model broke")])
@pytest.mark.parametrize(
    "stopping",
    [
        lambda stop: stops_at(0, stop),
        lambda stop: stops_at(16, stop),
        lambda stop: stops_at(40, stop),
        stops_in_the_classifier,
    ],
)
@pytest.mark.parametrize("run_is_there", [False, True])
def test_a_run_that_is_interrupted_leaves_everything_as_it_was(
    tmp_path, stop, stopping, run_is_there
):
    if run_is_there:
        rank(THREE, DATA, out=tmp_path / "run", per_class=1)
        (tmp_path / "run/people").mkdir()
        (tmp_path / "run/people/annotations.sqlite").write_text("verdicts")
    kept = contents(tmp_path)
    arguments = {"model": THREE, "data": DATA, "out": tmp_path / "run", "batch_size": 8}
    expected = stop if isinstance(stop, type) else (RuntimeError, ClassifierError)
    with pytest.raises(expected):
        rank(**(arguments | stopping(stop)), force=True)
    assert contents(tmp_path) == kept


def test_force_keeps_what_people_made(tmp_path):
    rank(THREE, DATA, out=tmp_path / "run", per_class=4)
    (tmp_path / "run/people/probes").mkdir(parents=True)
    (tmp_path / "run/people/annotations.sqlite").write_text("verdicts")
    made = rank(THREE, DATA, out=tmp_path / "run", per_class=1, force=True)
    assert made.manifest.counts["unsure_list"] == 3
    assert len(list((tmp_path / "run/results/hard/unsure").iterdir())) == 3
    assert (tmp_path / "run/people/probes").is_dir()
    assert (tmp_path / "run/people/annotations.sqlite").read_text() == "verdicts"


def test_a_run_that_is_there_is_refused_before_any_image_is_read(tmp_path):
    rank(THREE, DATA, out=tmp_path / "run")

    def never(images):
        raise AssertionError

    with pytest.raises(HardexError, match=r"is a run already; pass --force"):
        rank(never, DATA, out=tmp_path / "run")


def test_a_run_without_a_name_is_named_by_model_and_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "my_digits.npz", images=DATA.images, labels=DATA.labels)
    made = rank(THREE, "my_digits.npz")
    assert made.folder.as_posix().startswith("runs/fakes-checksum_of")
    assert made.folder.as_posix().endswith("-my_digits")
    assert hardex.load(made.folder).manifest.data.path == str(tmp_path / "my_digits.npz")


def test_images_of_one_size_are_resized_only_when_asked(tmp_path):
    from hardex.classifiers.classifier import FunctionClassifier

    np.savez(tmp_path / "data.npz", images=DATA.images, labels=DATA.labels)
    wants_more = FunctionClassifier(THREE, input_shape=(9, 9, 3))
    with pytest.raises(
        HardexError, match=r"expects images of 9 x 9 x 3; .*data\.npz holds 4 x 4 x"
    ):
        rank(wants_more, tmp_path / "data.npz", out=tmp_path / "run")
    made = rank(wants_more, tmp_path / "data.npz", out=tmp_path / "run", resize=True)
    assert made.manifest.image_shape == (9, 9, 3)
    assert made.image("0").shape == (4, 4, 1)
    assert made.dataset.fits


def test_class_names_given_by_hand_are_those_of_the_run(tmp_path):
    np.savez(tmp_path / "data.npz", images=DATA.images, labels=DATA.labels % 2)
    made = rank(THREE, tmp_path / "data.npz", out=tmp_path / "run", class_names=["a", "b", "never"])
    assert made.manifest.class_names == ("a", "b", "never")
    assert made.metrics["per_class"][2]["accuracy"]["value"] is None
    assert set(made.predictions["given_label"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {},
            r"needs a model and data, .* received no model; try `hardex rank mnist_cnn mnist:test",
        ),
        (
            {"data": DATA},
            r"needs a model and data, or --probabilities and --labels; .* no model; t",
        ),
        ({"model": THREE}, r"needs a model and data, .*; received no data; try `hardex rank mnist"),
        ({"model": THREE, "data": DATA, "probabilities": [[0.5, 0.5]]}, r"received both; leave on"),
        (
            {"model": THREE, "data": DATA, "class_names": "abc"},
            r"received a, b, c and arrays in me",
        ),
        ({"model": THREE, "data": DATA, "labels": [0]}, r"--labels belong to saved probabilities;"),
        ({"model": THREE, "data": DATA, "diversity": "all"}, r"--diversity must be one of none, c"),
        ({"model": THREE, "data": DATA, "per_class": 0}, r"--per-class must be 1 or more; receive"),
        ({"model": THREE, "data": DATA, "batch_size": 0}, r"--batch-size must be 1 or more; recei"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(tmp_path, arguments, message):
    with pytest.raises(HardexError, match=message):
        rank(**arguments, out=tmp_path / "run")
    assert contents(tmp_path) == {}


def test_everything_written_as_json_says_which_schema_it_has(run):
    for name in ("manifest.json", "results/metrics.json"):
        found = json.loads((run.folder / name).read_text(encoding="utf-8"))
        assert found["schema"].startswith("hardex.")


@pytest.mark.parametrize("diversity", ["class", "embedding"])
def test_a_hard_example_of_saved_probabilities_may_be_unreadable(tmp_path, half_broken, diversity):
    rows = checksum_of(2)(small_images(8))
    made = rank(
        data=half_broken, probabilities=rows, out=tmp_path / "run", diversity=diversity, count=8
    )
    with (made.folder / "results/skipped.csv").open(newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["id", "a/1.png", "b/0.png"]
    assert (made.manifest.counts["examples"], made.manifest.counts["skipped"]) == (8, 2)
    unsure = made.hard[made.hard["list"] == "unsure"]
    unseen = unsure[unsure["id"].isin(["a/1.png", "b/0.png"])]
    assert len(unsure) == 8
    assert set(unseen["file_name"]) == {""}
    assert (unsure["file_name"] == "").sum() == 2
    with pytest.raises(DatasetError, match=r"--strict .* 2 of 8 are not"):
        rank(
            *(None, half_broken),
            probabilities=rows,
            out=tmp_path / "strict",
            count=8,
            strict=True,
        )


def test_the_shape_of_the_pass_is_known_where_model_and_images_have_any(tmp_path):
    sizes = {"a/1.png": 7, "a/2.png": 5, "b/1.png": 9}
    for name, size in sizes.items():
        write_folders(tmp_path / "data", [name], size=size, channels=3)
    shapes = []
    made = hardex.rank(
        lambda images: (shapes.append(images.shape[1:]), checksum_of(2)(images))[1],
        tmp_path / "data",
        out=tmp_path / "run",
    )
    assert made.manifest.image_shape == (7, 7, 3) == shapes[-1]
    assert hardex.load(made.folder).manifest.image_shape == (7, 7, 3)


@pytest.mark.parametrize(
    ("strange", "says"),
    [
        ({"id": "x" * 4_000}, r"id of an example must .*; number 1 is 'xxx.*\(4,001 characters\)"),
        ({"id": "a\0"}, r"id of an example must .*; number 1 is 'a\\x000', and .* for 3 of 6; ren"),
        (
            {"id": "\ud800"},
            r"metadata\.jsonl must be a table .* \(line 1: it has half of a character",
        ),
        ({"label": "y\0z"}, r"class name must .*; number 2 is 'y\\x00z', and so it is for 1 of 2"),
    ],
)
def test_names_that_people_could_never_judge_are_refused_at_the_border(tmp_path, strange, says):
    write_folders(tmp_path, [f"{number}.png" for number in range(6)])
    rows = []
    for number in range(6):
        row = {"file_name": f"{number}.png", "id": f"e{number}", "label": "x"}
        if number % 2 == 0:
            row |= {name: text + (str(number) if name == "id" else "")
                    for name, text in strange.items()}  # fmt: skip
        rows.append(json.dumps(row))
    (tmp_path / "metadata.jsonl").write_text("\n".join(rows))
    with pytest.raises(DatasetError, match=says) as refused:
        hardex.rank(checksum_of(2), tmp_path / "metadata.jsonl", out=tmp_path / "r")
    assert len(str(refused.value)) < 400 and not (tmp_path / "r").exists()
    rows = np.array([[0.5, 0.5], [0.2, 0.8]])
    for names in (["a", "b\0"], ["a", "x" * 4_001]):
        with pytest.raises(DatasetError, match="every class name must"):
            hardex.rank(
                probabilities=rows, labels=np.array([0, 1]), class_names=names, out=tmp_path / "r"
            )
    saved = tmp_path / "saved.npz"
    np.savez(saved, probabilities=rows, ids=np.array(["a", "x" * 4_001]))
    with pytest.raises(DatasetError, match="every id of an example must"):
        hardex.rank(probabilities=saved, labels=np.array([0, 1]), out=tmp_path / "r")
