import csv
import io
from zipfile import ZipFile

import numpy as np
import pytest
from fakes import checksum_of, contents, small_dataset, small_images

import hardex
from hardex import RunError
from hardex.data.sources import open_dataset
from hardex.images import read_image, rotations
from hardex.probing.export import COLUMNS, probes_as_zip
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep, kept_probes

NAMES = ("=SUM(A1)", "two\nlines, \U0001f9e6", "10")
HOSTILE = ("", "=1+1", "../../x", "<b>\x1b[2J", "\u202eolleh", "x" * 200, "...", 'a,"b"\r\nc')


@pytest.fixture
def run(tmp_path):
    data = small_dataset(40)
    return hardex.rank(
        **{"probabilities": checksum_of(3)(data.images), "labels": data.labels},
        **{"class_names": NAMES, "out": tmp_path / "run"},
    )


@pytest.fixture
def kept(run):
    """A probe of each hostile name with a class, and two without one."""
    images = small_images(len(HOSTILE) + 2)
    for i, image in enumerate(images):
        text = HOSTILE[i % len(HOSTILE)]
        probe = KeptProbe(
            **{"kind": "image", "shape": (4, 4, 1), "predicted": "10", "confidence": 0.5},
            **{"model": "m", "name": text, "note": text, "annotator": text},
            expected=NAMES[i % 3] if i < len(HOSTILE) else "",
            transform={"rotation": 90.0},
        )
        keep(run.folder, probe, image)
    return kept_probes(run.folder)[0], images


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_opens_as_a_data_set_of_the_pictures_as_they_were_seen(run, kept, tmp_path):
    probes, images = kept
    exported = hardex.export_probes(run, tmp_path / "out")
    assert (exported.written, exported.left_out, exported.problems) == (len(HOSTILE), 2, ())
    assert exported.labels == NAMES
    dataset = open_dataset(tmp_path / "out", class_names=NAMES)
    assert len(dataset) == len(HOSTILE)
    for i in range(len(dataset)):
        assert (dataset.image(i) == rotations(images[i], [90.0])[0]).all()
        assert NAMES[dataset.labels[i]] == probes[i].expected
        assert dataset.meta["probe_id"][i] == probes[i].probe_id
    again = hardex.rank(checksum_of(3), tmp_path / "out", out=tmp_path / "run of it")
    assert len(again.predictions) == len(HOSTILE)


def test_the_table_guards_free_text_against_spreadsheets_and_leaves_labels_exact(
    run, kept, tmp_path
):
    hardex.export_probes(run.folder, tmp_path / "out")
    text = (tmp_path / "out" / "metadata.csv").read_bytes().decode()
    rows = rows_of(text)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert [row["label"] for row in rows] == [NAMES[i % 3] for i in range(len(HOSTILE))]
    for row, typed in zip(rows, HOSTILE, strict=True):
        expected = "'=1+1" if typed == "=1+1" else typed
        assert (row["name"], row["note"], row["annotator"]) == (expected,) * 3


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_every_sign_that_begins_a_formula_is_guarded(run, first, tmp_path):
    probe = KeptProbe(
        **{"kind": "image", "shape": (4, 4, 1), "predicted": "10", "confidence": 0.5},
        **{"model": "m", "name": f"{first}1", "note": f"a{first}1", "expected": "10"},
    )
    keep(run.folder, probe, small_images(1)[0])
    hardex.export_probes(run, tmp_path / "out")
    (row,) = rows_of((tmp_path / "out" / "metadata.csv").read_bytes().decode())
    assert (row["name"], row["note"]) == (f"'{first}1", f"a{first}1")


def test_files_have_safe_names_that_stay_the_same(run, kept, tmp_path):
    hardex.export_probes(run, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == len(HOSTILE) + 1
    assert all(name.isascii() and len(name) <= 120 for name in names)
    assert not any(set(name) & set(' /\\<>="') for name in names)
    hardex.export_probes(run, tmp_path / "again")
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == names


def test_the_zip_holds_the_same(run, kept, tmp_path):
    hardex.export_probes(run, tmp_path / "out")
    archive, exported = probes_as_zip(run)
    assert (exported.written, exported.left_out, exported.problems) == (len(HOSTILE), 2, ())
    with ZipFile(io.BytesIO(archive)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == contents(tmp_path / "out")


def test_what_cannot_be_read_is_named_and_in_no_table(run, kept, tmp_path):
    probes, _ = kept
    (run.folder / "people" / "probes" / f"{probes[0].probe_id}.png").write_text("no picture")
    exported = hardex.export_probes(run, tmp_path / "out")
    assert (exported.written, exported.left_out) == (len(HOSTILE) - 1, 2)
    assert probes[0].probe_id in exported.problems[0]
    rows = rows_of((tmp_path / "out" / "metadata.csv").read_bytes().decode())
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {row["file_name"] for row in rows} | {"metadata.csv"} == names


def test_without_labelled_probes_there_is_no_data_set(run, tmp_path):
    before = contents(tmp_path)
    with pytest.raises(RunError, match=r"none of the 0 kept with .* name its class"):
        hardex.export_probes(run, tmp_path / "new" / "out")
    with pytest.raises(RunError, match="an export needs probes with an expected class"):
        probes_as_zip(run)
    assert contents(tmp_path) == before


def test_an_empty_folder_is_filled_and_any_other_refused(run, kept, tmp_path):
    (tmp_path / "empty").mkdir()
    assert hardex.export_probes(run, tmp_path / "empty").folder == tmp_path / "empty"
    (tmp_path / "file").write_text("dear to somebody")
    before = contents(tmp_path)
    for name, words in (
        ("empty", "holds other things"),
        ("run", "holds other things"),
        ("file", "is a file; choose another"),
        ("file/below", "could not be"),
    ):
        with pytest.raises(RunError, match=words) as caught:
            hardex.export_probes(run, tmp_path / name)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    assert contents(tmp_path) == before


def test_pictures_are_lossless(run, tmp_path):
    image = small_images(1, channels=3)[0]
    probe = KeptProbe(
        **{"kind": "image", "shape": (4, 4, 3), "predicted": "10", "confidence": 0.5},
        **{"model": "m", "expected": "10"},
    )
    keep(run.folder, probe, image)
    hardex.export_probes(run, tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*.png")
    assert np.array_equal(read_image(path), image)
    assert path.name == f"label-10_{probe.probe_id}.png"
