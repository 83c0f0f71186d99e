"""Runs from a stranger: what they hold is refused or shown as text, and shows nothing else."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import checksum_of, small_dataset, small_images, write_folders

from hardex import RunError, load, rank
from hardex.images import read_image, write_png
from hardex.runs.seal import read_seal

HARD = Path("results", "hard", "metadata.csv")
TABLE = Path("results", "predictions.parquet")
METRICS = Path("results", "metrics.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "run"
    rank(checksum_of(3), small_dataset(), out=folder, per_class=1)
    return folder


@pytest.fixture
def run(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "run"))


def refused(read):
    with pytest.raises(RunError) as caught:
        read()
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".") and len(told) < 1_000
    return told


def changed(path, change):
    fields = json.loads(path.read_text())
    change(fields)
    path.write_text(json.dumps(fields))


# ------------------------------------------------------------------ pictures


def first_picture(run):
    hard = load(run).hard
    return hard["id"].iloc[0], run / "results" / "hard" / hard["file_name"].iloc[0]


@pytest.mark.parametrize("target", ["absolute", "relative", "chain", "folder", "hard", "passwd"])
def test_a_picture_that_is_a_link_out_of_the_run_is_not_shown(run, tmp_path, target):
    secret = tmp_path / "secret" / "me.png"
    secret.parent.mkdir()
    write_png(np.full((4, 4, 1), 7, np.uint8), secret)
    id, picture = first_picture(run)
    if target == "hard":
        shutil.move(run / "results" / "hard", secret.parent)
        (run / "results" / "hard").symlink_to(secret.parent / "hard")
    elif target == "folder":
        shutil.copy(secret, secret.with_name(picture.name))
        shutil.rmtree(picture.parent)
        picture.parent.symlink_to(secret.parent)
    else:
        picture.unlink()
        (run / "step").symlink_to(secret)
        relative = os.path.relpath(secret, picture.parent)
        places = {"absolute": secret, "relative": relative, "passwd": "/etc/passwd"}
        picture.symlink_to(places.get(target, run / "step"))
    opened = load(run)
    refused(lambda: opened.image(id))
    assert opened.pictured([id]) == [] and id not in opened.pictures


def test_a_run_that_is_itself_behind_a_link_shows_its_pictures(run, tmp_path):
    (tmp_path / "here").symlink_to(run)
    id, picture = first_picture(run)
    np.testing.assert_array_equal(load(tmp_path / "here").image(id), read_image(picture))


@pytest.mark.parametrize("where", ["text", "link"])
def test_ranking_again_copies_no_picture_from_outside_the_run(run, tmp_path, where):
    secret = tmp_path / "secret.png"
    write_png(np.full((4, 4, 1), 7, np.uint8), secret)
    _, picture = first_picture(run)
    if where == "text":
        (run / HARD).write_text((run / HARD).read_text().replace(picture.name, str(secret)))
        rank(run, out=tmp_path / "run2", diversity="none")
    else:
        picture.unlink()
        picture.symlink_to(secret)
        refused(lambda: rank(run, out=tmp_path / "run2", diversity="none"))
    shown = [read_image(path).max() for path in (tmp_path / "run2").rglob("*.png")]
    assert 7 not in shown


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", ".", "pipe"])
@pytest.mark.parametrize("name", ["results/confusion.csv", "results/more", "seal.json"])
def test_ranking_again_follows_no_link_and_waits_for_no_pipe(run, tmp_path, name, target):
    path = run / name
    path.unlink(missing_ok=True)
    if target == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
    refused(lambda: rank(run, out=tmp_path / "run2", diversity="none"))
    assert not (tmp_path / "run2").exists()


def test_a_picture_that_is_a_pipe_is_refused_without_waiting(run):
    id, picture = first_picture(run)
    picture.unlink()
    os.mkfifo(picture)
    with pytest.raises(ValueError, match="it is not a plain file"):
        load(run).image(id)


# ------------------------------------------------------------------ JSON


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "9" * 9_000, "[]", "3", ""])
@pytest.mark.parametrize("name", ["manifest.json", "seal.json", str(METRICS)])
def test_no_json_file_ends_in_a_traceback(run, name, text):
    (run / name).write_text(text)
    refused(lambda: (load(run), read_seal(run), load(run).metrics))


@pytest.mark.parametrize("name", ["manifest.json", "seal.json", *map(str, (METRICS, HARD, TABLE))])
@pytest.mark.parametrize("kind", ["pipe", "sparse", "device", "folder"])
def test_files_that_never_end_are_refused(run, name, kind):
    path = run / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 2**41)
    refused(
        lambda: (
            load(run),
            read_seal(run),
            load(run).metrics,
            load(run).hard,
            load(run).predictions,
        )
    )
    path.rmdir() if kind == "folder" else path.unlink()


@pytest.mark.parametrize(
    "change",
    [
        {"class_names": "abc"},
        {"class_names": [1, 2, 3]},
        {"class_names": [["a"], ["b"]]},
        {"class_names": {"a": 1}},
        {"class_names": None},
        {"image_shape": [28]},
        {"image_shape": ["a", "b", "c"]},
        {"image_shape": [10.5, 1, 1]},
        {"counts": []},
        {"counts": {}},
        {"counts": {"examples": "many"}},
        {"counts": {"examples": {"a": 1}}},
        {"numerics": 7},
        {"rule": None},
        {"rule": {"count": [1]}},
        {"formulas": {"loss": 1}},
        {"seed": "x"},
        {"format": "1"},
        {"format": None},
        {"format": True},
        {"resize": "yes"},
        {"command": ["a"]},
        {"doctor": [1]},
        {"doctor": [{"code": 1}]},
        {"doctor": 7},
        {"data": {"name": 1, "path": "", "hash": ""}},
        {"data": {"name": "a", "path": ["/"], "hash": ""}},
        {"data": [1]},
        {"model": {"name": "a"}},
        {"reading": {"trust_paths": "yes"}},
        {"reading": {"split": 1}},
        {"reading": None},
        {"versions": 1},
        {"created": 1},
        {"schema": {}},
    ],
    ids=str,
)
def test_a_manifest_with_a_field_of_another_type_is_refused(run, change):
    changed(run / "manifest.json", lambda fields: fields.update(change))
    assert "must be a manifest written by hardex" in refused(lambda: load(run))


def test_a_seal_that_can_be_read_in_two_ways_is_refused(run):
    seal = '{"schema": "hardex.seal/1", "salt": "00", "share": 0.9, "share": 0.1}'
    (run / "seal.json").write_text(seal)
    assert "names the field 'share' twice" in refused(lambda: read_seal(run))


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize(
    ("column", "value"),
    [("rank", "x"), ("rank", "1.5"), ("score", "high"), ("confidence", ""), ("rank", "9" * 40)],
)
def test_hard_examples_with_numbers_that_are_none_are_refused(run, column, value):
    header, first, *rest = (run / HARD).read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index(column)] = value
    (run / HARD).write_text("\n".join([header, ",".join(cells), *rest]) + "\n")
    assert "results/hard/metadata.csv of a run must be as" in refused(lambda: load(run).hard)


def table_with(run, change):
    table = pq.read_table(run / TABLE)
    pq.write_table(change(table), run / TABLE)


def replaced(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns(["id"]),
        lambda table: table.drop_columns(["probabilities"]),
        lambda table: replaced(table, "id", pa.array(range(len(table)))),
        lambda table: replaced(table, "position", pa.array(["x"] * len(table))),
        lambda table: replaced(table, "confidence", pa.array(["x"] * len(table))),
        lambda table: replaced(table, "probabilities", pa.array([0.5] * len(table))),
        lambda table: replaced(table, "probabilities", pa.array([["a"]] * len(table))),
        lambda table: table.append_column("mine", pa.array(["x"] * len(table))),
        lambda table: table.append_column("meta_a", pa.array([1] * len(table))),
        lambda table: table.append_column("id", table["id"]),
        lambda table: pa.table({"a": [1]}),
        lambda table: pa.table(
            {
                name: pa.DictionaryArray.from_arrays(
                    pa.array(np.zeros(70_000_000, np.int32)), pa.array(["x"])
                )
                for name in ("id",)
            }
        ),
    ],
)
def test_predictions_with_other_columns_are_refused(run, change):
    table_with(run, change)
    for read in (lambda: load(run).predictions, lambda: load(run).tables, lambda: load(run).find):
        if read is not None:
            refused(lambda read=read: (read(), load(run).tables.columns))


@pytest.mark.parametrize("cut", [0, 4, 100, -1, -9, -200])
def test_predictions_that_are_cut_short_are_refused(run, cut):
    (run / TABLE).write_bytes((run / TABLE).read_bytes()[:cut])
    refused(lambda: load(run).tables.columns)
    refused(lambda: load(run).predictions)


# ------------------------------------------------------------------ probes


def test_a_picture_of_a_probe_that_is_a_link_out_of_the_run_is_not_shown(run, tmp_path):
    from hardex.probing.kept_probe import KeptProbe
    from hardex.probing.saved_probes import keep, kept_picture

    picture = small_images(1)[0]
    names = load(run).manifest.class_names
    probe = KeptProbe(
        kind="image", shape=picture.shape, predicted=names[0], confidence=0.5, model="a hash"
    )
    keep(run, probe, picture)
    np.testing.assert_array_equal(kept_picture(run, probe), picture)
    stored = run / "people" / "probes" / f"{probe.probe_id}.png"
    stored.rename(tmp_path / "secret.png")
    stored.symlink_to(tmp_path / "secret.png")
    assert "must be a real file of yours; it is a link" in refused(lambda: kept_picture(run, probe))


# ------------------------------------------------------------------ the owner's own images


def test_images_are_shown_only_under_the_id_and_position_that_they_have(tmp_path):
    """A run names where its images are; a wrong name shows none of them."""
    folder = write_folders(tmp_path / "images", [f"{c}/{i}.png" for c in "ab" for i in range(3)])
    rank(checksum_of(2), folder, out=tmp_path / "run", per_class=1)
    private = write_folders(tmp_path / "private", ["a/me.png", "b/me.png"])
    changed(
        tmp_path / "run" / "manifest.json", lambda fields: fields["data"].update(path=str(private))
    )
    run = load(tmp_path / "run")
    easy = next(id for id in run.predictions["id"] if id not in set(run.hard["id"]))
    with pytest.raises(RunError, match="have changed"):
        run.image(easy)


def test_the_owner_is_told_where_a_run_reads_images_from(tmp_path):
    from hardex_app.links.launch import where_images_are
    from hardex_app.open_workspace import workspace_of_run

    folder = write_folders(tmp_path / "images", [f"{c}/{i}.png" for c in "ab" for i in range(3)])
    rank(checksum_of(2), folder, out=tmp_path / "run", per_class=1)
    said = where_images_are(workspace_of_run(load(tmp_path / "run")))
    assert said == [f"Images are read from {folder}, as the run says; --data names another place."]
    chosen = load(tmp_path / "run", data=folder)
    assert where_images_are(workspace_of_run(chosen)) == []
    manifest = tmp_path / "run" / "manifest.json"
    changed(manifest, lambda fields: fields["reading"].update(trust_paths=True))
    (said,) = where_images_are(workspace_of_run(load(tmp_path / "run")))
    assert "Its table may name files anywhere on this computer (--trust-paths)." in said


def test_a_run_of_digits_that_hardex_has_reads_no_folder(run):
    from hardex_app.links.launch import where_images_are
    from hardex_app.open_workspace import workspace_of_run

    assert where_images_are(workspace_of_run(load(run))) == []
